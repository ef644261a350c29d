import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Cache, type Result } from "./cache.ts";
import { dependentsOf, PROJECT } from "./graph.ts";
import { mutantsOf } from "./mutants.ts";
import { percent, printTable, type Row } from "./report.ts";
import { supervise } from "./supervise.ts";
import type { Target } from "./worker.ts";

// npm run mutate [-- FILE…] [--json] [--summary]: changes staging/ and tools/rollout/ in one place at a time, and lists the changes that no unit test detects.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, summary: { type: "boolean", default: false } },
});
/** The mutant does not exist in the processes that these start, and they take seconds. */
const SLOW = dependentsOf("test/support/engine.ts");
const UNIT_TESTS = globSync("test/{staging,tools/rollout}/**/*.test.ts", { cwd: PROJECT })
  .filter((file) => !SLOW.has(file) && !file.endsWith("/simulation.test.ts"))
  .sort();

const files =
  positionals.length > 0
    ? positionals
    : globSync("{staging,staging/checks,tools/rollout}/*.ts", { cwd: PROJECT }).sort();
const results = new Map<string, readonly Result[]>();
const caches = new Map<string, Cache>();
const targets: Target[] = [];
for (const file of files) {
  const dependents = dependentsOf(file);
  const testFiles = UNIT_TESTS.filter((test) => dependents.has(test));
  const mutants = mutantsOf(readFileSync(join(PROJECT, file), "utf8"));
  const cache = new Cache(file, testFiles);
  caches.set(file, cache);
  const known = cache.read();
  if (known !== undefined) results.set(file, known);
  else if (testFiles.length > 0) targets.push({ file, mutants, testFiles });
  else
    results.set(
      file,
      mutants.map((mutant) => ({ ...mutant, killer: undefined, covered: false })),
    );
}
await supervise(targets, ({ file, mutants }, fates) => {
  const found = mutants.map((mutant, index) => ({
    ...mutant,
    killer: fates[index]?.killer,
    covered: fates[index]?.covered ?? false,
  }));
  caches.get(file)?.write(found);
  results.set(file, found);
  const killed = found.filter(({ killer }) => killer !== undefined).length;
  console.error(`${file}: ${killed} of ${found.length} killed (${percent(killed, found.length)})`);
});
const rows = files.map((file): Row => ({ file, results: results.get(file) ?? [] }));
if (values.json) console.log(JSON.stringify(rows, null, 2));
else printTable(rows, { survivors: !values.summary });
