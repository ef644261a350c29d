import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { dependentsOf, PROJECT } from "./graph.ts";
import { mutantsOf, type Mutant } from "./mutants.ts";

// npm run mutate [-- FILE…] [--json]: changes staging/ and tools/rollout/ in one place at a time, and lists the changes that no unit test detects.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const UNIT_TESTS = globSync("test/{staging,tools/rollout}/*.test.ts", { cwd: PROJECT })
  // The mutant does not exist in child processes, and hashing a release takes seconds.
  .filter((file) => !/(simulation|release)\.test\.ts$/.test(file))
  .sort();
/** A timeout that no unit test needs. */
const STUCK_MS = 20_000;

/** Mutants that behave like the original for every input; see docs/decisions/mutation.md. */
const equivalent = JSON.parse(readFileSync(join(import.meta.dirname, "equivalent.json"), "utf8")) as Readonly<
  Record<string, readonly { readonly text: string; readonly to: string; readonly why: string }[]>
>;

interface Result extends Mutant {
  readonly killer: string | undefined;
  readonly covered: boolean;
}

const files =
  positionals.length > 0
    ? positionals
    : globSync("{staging,staging/checks,tools/rollout}/*.ts", { cwd: PROJECT }).sort();
const summary: object[] = [];
for (const file of files) {
  const results = await mutate(file);
  const source = readFileSync(join(PROJECT, file), "utf8");
  const survivors = results.filter(({ killer }) => killer === undefined);
  const excused = survivors.filter((mutant) => isEquivalent(file, source, mutant));
  const open = survivors.filter((mutant) => !excused.includes(mutant));
  const killed = results.length - survivors.length;
  summary.push({ file, mutants: results.length, killed, equivalent: excused.length, survivors: open });
  if (values.json) continue;
  console.log(`${file}: ${killed} of ${results.length} killed, ${excused.length} equivalent`);
  for (const mutant of open)
    console.log(
      `  ${file}:${mutant.line} ${mutant.kind}${mutant.covered ? "" : " (no test runs it)"}: ${short(source.slice(mutant.start, mutant.end))} -> ${short(mutant.text)}`,
    );
}
if (values.json) console.log(JSON.stringify(summary, null, 2));

function isEquivalent(file: string, source: string, { start, end, text }: Mutant): boolean {
  return (equivalent[file] ?? []).some(
    (entry) => entry.text === source.slice(start, end) && entry.to === text,
  );
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 70 ? `${line.slice(0, 70)}…` : line;
}

async function mutate(file: string): Promise<Result[]> {
  const mutants = mutantsOf(readFileSync(join(PROJECT, file), "utf8"));
  const dependents = dependentsOf(file);
  const testFiles = UNIT_TESTS.filter((test) => dependents.has(test));
  const cache = cacheOf(file, testFiles);
  if (existsSync(cache)) return JSON.parse(readFileSync(cache, "utf8")) as Result[];
  const killers = new Map<number, { killer: string | undefined; covered: boolean }>();
  for (let from = 0; from < mutants.length && testFiles.length > 0;)
    from = await workFrom(file, from, { testFiles, killers });
  const results = mutants.map((mutant, index) => ({
    ...mutant,
    ...(killers.get(index) ?? { killer: undefined, covered: false }),
  }));
  mkdirSync(dirname(cache), { recursive: true });
  writeFileSync(cache, JSON.stringify(results));
  return results;
}

/** The cache file for the results of exactly these files. It does not depend on what they import: if that changes, remove the cache directory. */
function cacheOf(file: string, testFiles: readonly string[]): string {
  const hash = createHash("sha256");
  for (const each of [file, ...testFiles, ...globSync("test/support/*.ts", { cwd: PROJECT }).sort()])
    hash.update(readFileSync(join(PROJECT, each)));
  const name = `${file.replaceAll("/", "-")}-${hash.digest("hex").slice(0, 16)}.json`;
  return join(PROJECT, "node_modules/.cache/mutate", name);
}

/** @returns the index of the mutant to continue with */
function workFrom(
  file: string,
  from: number,
  {
    testFiles,
    killers,
  }: {
    readonly testFiles: readonly string[];
    readonly killers: Map<number, { killer: string | undefined; covered: boolean }>;
  },
): Promise<number> {
  const child = fork(join(import.meta.dirname, "worker.ts"), [file, String(from), ...testFiles], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let running: number | undefined;
  let next: number | undefined;
  let timer = setTimeout(() => child.kill("SIGKILL"), STUCK_MS * 12);
  child.on(
    "message",
    (message: { begins?: number; next?: number; index?: number; killer?: string; covered?: boolean }) => {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill("SIGKILL"), STUCK_MS);
      running = message.begins ?? running;
      next = message.next ?? next;
      if (message.index !== undefined)
        killers.set(message.index, { killer: message.killer, covered: message.covered === true });
    },
  );
  return new Promise((resolve, reject) => {
    child.on("exit", () => {
      clearTimeout(timer);
      if (next === undefined && running === undefined) {
        reject(new Error(`The tests of ${file} do not pass without a mutant.`));
        return;
      }
      if (next === undefined && running !== undefined)
        killers.set(running, { killer: "the process hung or exited", covered: true });
      resolve(next ?? (running ?? from) + 1);
    });
  });
}
