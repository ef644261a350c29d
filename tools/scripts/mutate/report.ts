import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "./cache.ts";
import { PROJECT } from "./graph.ts";
import type { Mutant } from "./mutants.ts";

/** The mutants of a module. */
export interface Row {
  readonly file: string;
  readonly results: readonly Result[];
}

/** Mutants that behave like the original for every input; see docs/decisions/mutation.md. */
const equivalent = JSON.parse(readFileSync(join(import.meta.dirname, "equivalent.json"), "utf8")) as Readonly<
  Record<
    string,
    readonly { readonly line: string; readonly text: string; readonly to: string; readonly why: string }[]
  >
>;

/** Prints a row for each module and their total, and the mutants that survived. */
export function printTable(rows: readonly Row[], { survivors }: { readonly survivors: boolean }): void {
  const total = { mutants: 0, killed: 0, excused: 0 };
  for (const { file, results } of rows) {
    const source = readFileSync(join(PROJECT, file), "utf8");
    const alive = results.filter(({ killer }) => killer === undefined);
    const open = alive.filter((mutant) => !isEquivalent(file, source, mutant));
    const excused = alive.length - open.length;
    const killed = results.length - alive.length;
    total.mutants += results.length;
    total.killed += killed;
    total.excused += excused;
    console.log(line(file, { mutants: results.length, killed, excused }));
    if (survivors) for (const mutant of open) console.log(`  ${describe(file, source, mutant)}`);
  }
  console.log(line("all", total));
}

/** A share in percent, rounded down so that 100 % means all. */
export function percent(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor((part / whole) * 100)} %`;
}

function line(
  name: string,
  {
    mutants,
    killed,
    excused,
  }: { readonly mutants: number; readonly killed: number; readonly excused: number },
): string {
  const share = percent(killed, mutants - excused);
  return `${name}: ${mutants} mutants, ${killed} killed, ${excused} equivalent, ${mutants - killed - excused} survived, ${share}`;
}

function isEquivalent(file: string, source: string, { start, end, text }: Mutant): boolean {
  const lineStart = source.lastIndexOf("\n", start) + 1;
  const lineText = source.slice(lineStart, source.indexOf("\n", start)).trim();
  return (equivalent[file] ?? []).some(
    (entry) => entry.line === lineText && entry.text === source.slice(start, end) && entry.to === text,
  );
}

function describe(
  file: string,
  source: string,
  { line: at, kind, covered, start, end, text }: Result,
): string {
  const uncovered = covered ? "" : " (no test runs it)";
  return `${file}:${at} ${kind}${uncovered}: ${short(source.slice(start, end))} -> ${short(text)}`;
}

function short(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length > 70 ? `${flat.slice(0, 70)}…` : flat;
}
