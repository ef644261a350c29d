import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { whyNoNetworks } from "./network/namespaces.ts";

/** Whether pods run as processes in a private network (if a local program can replace the image), or are only reported as running. */
export type PodMode = "real" | "simulated";

/**
 * The requested mode; by default, real pods if the machine allows them.
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

/** The mode in which the agent was last started; undefined before the first start. */
export function readPodMode(clusterDir: string): PodMode | undefined {
  const path = modeFile(clusterDir);
  return existsSync(path) ? (readFileSync(path, "utf8") as PodMode) : undefined;
}

/** Records the mode in which the agent is started. */
export function writePodMode(clusterDir: string, mode: PodMode): void {
  writeFileAtomic(modeFile(clusterDir), mode);
}

function modeFile(clusterDir: string): string {
  return join(clusterDir, "pod-mode");
}
