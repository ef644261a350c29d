import { readFileSync, readdirSync } from "node:fs";
import { memoryBytes } from "../../lib/process-identity.ts";

/** A process and all that it started, directly or not; where there is no /proc, itself alone. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** Memory in bytes of a process and of all that it started. */
export function treeMemoryBytes(pid: number): number {
  return treeOf(pid).reduce((sum, each) => sum + memoryBytes(each), 0);
}

/** Processes that this one has started. */
export function childrenOf(pid: number): number[] {
  try {
    // A child belongs to the thread that started it.
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
