import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { whyNoNetworks } from "./network/namespaces.ts";

/** Whether pods are processes in a private network (those whose image has a local program), or only said to run. */
export type PodMode = "real" | "simulated";

/**
 * How pods are to run: as wished, or, without a wish, for real wherever the machine allows it.
 * @throws EdgefirstError if they are to be real where that is not possible.
 */
export async function choosePodMode(
  wished: PodMode | undefined,
  progress: (line: string) => void,
): Promise<PodMode> {
  if (wished === "simulated") return wished;
  const reason = await whyNoNetworks();
  if (reason === undefined) return "real";
  if (wished === "real") {
    throw new EdgefirstError(
      `Pods cannot run for real: ${reason}.`,
      "Let them be simulated (--pods simulated), or allow unprivileged user namespaces with network and mount namespaces in them.",
    );
  }
  progress(`pods are simulated: ${reason}`);
  return "simulated";
}

/** How a cluster's agent was started last; undefined if it never was. */
export function readPodMode(clusterDir: string): PodMode | undefined {
  const path = modeFile(clusterDir);
  return existsSync(path) ? (readFileSync(path, "utf8") as PodMode) : undefined;
}

/** Notes how a cluster's agent is started. */
export function writePodMode(clusterDir: string, mode: PodMode): void {
  writeFileAtomic(modeFile(clusterDir), mode);
}

function modeFile(clusterDir: string): string {
  return join(clusterDir, "pod-mode");
}
