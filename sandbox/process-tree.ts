import { readFileSync, readdirSync } from "node:fs";
import { residentBytes } from "../process-identity.ts";

/** Resident memory in bytes of a process and of all that it started, directly or not; where there is no /proc, of itself alone. */
export function treeResidentBytes(pid: number): number {
  return residentBytes(pid) + childrenOf(pid).reduce((sum, child) => sum + treeResidentBytes(child), 0);
}

function childrenOf(pid: number): number[] {
  try {
    // A child belongs to the thread that started it.
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
