import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./graph.ts";
import { mutantsOf } from "./mutants.ts";
import { coverageOf, run } from "./runner.ts";

// Runs the mutants of one file, starting at a given index. If a mutant hangs, the parent starts another worker after it.

const [file = "", from = "0", ...testFiles] = process.argv.slice(2);
/** Limited, because every run loads modules that stay in memory. */
const PER_WORKER = 200;

const send = (message: object): void => {
  process.send?.(message);
};
process.on("unhandledRejection", () => undefined);
const mutants = mutantsOf(readFileSync(join(PROJECT, file), "utf8"));
const coverage = await coverageOf(file, testFiles);
const again = await run({ file, mutant: undefined, testFiles });
if (again !== undefined) throw new Error(`${again} fails when it runs twice in the same process`);
for (let index = Number(from); index < Math.min(mutants.length, Number(from) + PER_WORKER); index++) {
  const mutant = mutants[index];
  if (mutant === undefined) break;
  send({ begins: index });
  const covering = coverage.filter(({ covers }) => covers(mutant.start));
  // Code that runs while modules are loaded counts as covered by no test, so all tests run.
  const chosen = covering.length > 0 ? covering : coverage;
  const killer = await run({
    file,
    mutant,
    testFiles: [...new Set(chosen.map((test) => test.file))],
    tests: new Set(chosen.map(({ title }) => title)),
  });
  send({ index, killer, covered: covering.length > 0 });
}
send({ next: Number(from) + PER_WORKER, total: mutants.length });
process.exit(0);
