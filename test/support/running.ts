import { readFileSync, readdirSync } from "node:fs";
import { treeOf } from "../../tools/sandbox/process-tree.ts";

/** Command lines of all processes on this machine that contain a text; only on Linux. */
export function runningWith(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(commandOf)
    .filter((command) => command.includes(text));
}

/** Command line of a process; empty once it has exited. */
export function commandOf(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // It exited meanwhile.
    return "";
  }
}

/** All descendants of a process. */
export function descendants(pid: number): number[] {
  return treeOf(pid).slice(1);
}
