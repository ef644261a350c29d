import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";

const RESULTS = join(import.meta.dirname, "results.md");

/** Writes a line to standard output. */
export function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs the work, and returns how long it took, in seconds. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

/** A command line. */
export type CommandLine = readonly [command: string, ...args: readonly string[]];

/** Times each command in seconds, round by round, after a run that fills Node's compile cache. Exit codes 0 and 1 are fine. */
export function timeInRounds<Name extends string>(
  commands: Readonly<Record<Name, CommandLine>>,
  rounds: number,
): Record<Name, number[]> {
  const entries = Object.entries(commands) as [Name, CommandLine][];
  const times = Object.fromEntries(entries.map(([name]) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -1; round < rounds; round++)
    for (const [name, [command, ...args]] of entries) {
      const start = performance.now();
      const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 30 });
      if (error) throw error;
      if (status !== 0 && status !== 1) throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
      if (round >= 0) times[name].push((performance.now() - start) / 1_000);
    }
  return times;
}

/** The median; for an even number of values, the upper of the middle two. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;
}

/** The median with the minimum and maximum, such as `4.10 (3.98–4.60)`. */
export function spread(values: readonly number[], unit = ""): string {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(2)}${unit} (${least.toFixed(2)}–${greatest.toFixed(2)})`;
}

/** Divides each value by the floor from the same round, because a slow phase of the machine affects both. */
export function ratios(values: readonly number[], floor: readonly number[]): number[] {
  return values.map((value, round) => value / (floor[round] ?? NaN));
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Prints a table and writes it to results.md, between the markers that bear its name. */
export function keep(name: string, text: string): void {
  write(text);
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before = "", rest = ""] = readFileSync(RESULTS, "utf8").split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`${RESULTS} does not contain the markers ${begin} and ${end}`);
  writeFileAtomic(RESULTS, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}
