import { existsSync, readFileSync } from "node:fs";

const LINES = 12;

/** The last lines of a log, or the lines around a panic, to add to an error message. */
export function logTail(log: string): string {
  const lines = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-200) : [];
  // When a Go program panics, it prints the reason before the long stack traces.
  const panic = lines.findLastIndex((line) => line.startsWith("panic: "));
  const from = panic === -1 ? Math.max(0, lines.length - LINES) : Math.max(0, panic - 2);
  return [
    `The last lines of ${log}:`,
    ...lines.slice(from, from + LINES).map((line) => `  ${line.slice(0, 300)}`),
  ].join("\n");
}
