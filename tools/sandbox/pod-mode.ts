import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { whyNoNetworks } from "./network/namespaces.ts";

/** Whether pods are processes in a private network (where a local program replaces the image) or only reported as running. */
export type PodMode = "real" | "simulated";

/**
 * The requested mode; by default real pods wherever the machine allows them.
 * @throws EdgefirstError if real pods are requested but not possible.
 */
export async function choosePodMode(
  requested: PodMode | undefined,
  progress: (line: string) => void,
): Promise<PodMode> {
  if (requested === "simulated") return requested;
  const reason = await whyNoNetworks();
  if (reason === undefined) return "real";
  if (requested === "real") {
    throw new EdgefirstError(
      `Real pods are not possible: ${reason}.`,
      "Use --pods simulated, or allow unprivileged user namespaces with network and mount namespaces in them.",
    );
  }
  progress(`pods are simulated: ${reason}`);
  return "simulated";
}

/** The mode of the agent's last start; undefined before the first. */
export function readPodMode(clusterDir: string): PodMode | undefined {
  const path = modeFile(clusterDir);
  return existsSync(path) ? (readFileSync(path, "utf8") as PodMode) : undefined;
}

/** Records the mode of the agent's start. */
export function writePodMode(clusterDir: string, mode: PodMode): void {
  writeFileAtomic(modeFile(clusterDir), mode);
}

function modeFile(clusterDir: string): string {
  return join(clusterDir, "pod-mode");
}
