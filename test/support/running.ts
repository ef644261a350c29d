import { readFileSync, readdirSync } from "node:fs";

/** Command lines of all processes of this machine that mention a text; only on Linux. */
export function runningWith(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " "))
    .filter((command) => command.includes(text));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended meanwhile.
    return "";
  }
}
