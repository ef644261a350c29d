import { readFileSync, readdirSync } from "node:fs";
import { memoryBytes } from "../../lib/process-identity.ts";

/** A process and all its descendants; on systems without /proc, only the process. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** The memory that a process and all its descendants use, in bytes. */
export function treeMemoryBytes(pid: number): number {
  return treeOf(pid).reduce((sum, each) => sum + memoryBytes(each), 0);
}

/** The children of a process. */
export function childrenOf(pid: number): number[] {
  try {
    // The kernel lists children under the thread that started them.
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
