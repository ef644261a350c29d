import { dependentsOf, isUsedAtLoad } from "./graph.ts";
import { isLoaded, makeExchangeable, withCopy, withReload } from "./modules.ts";
import type { Mutant } from "./mutants.ts";
import { covers, Tests, TIMED_OUT, type TimedTest } from "./runner.ts";

// Runs the tests against mutants, in one process. If a mutant hangs, the parent starts another worker with the rest.

/** A module whose mutants are run. */
export interface Target {
  readonly file: string;
  readonly mutants: readonly Mutant[];
  /** The files of the tests that can detect them. */
  readonly testFiles: readonly string[];
}

/** The tests to run for each mutant of a file, by index. They cover it; code that runs while modules are loaded is covered by none. */
export type Plan = Readonly<
  Record<string, readonly { readonly tests: readonly TimedTest[]; readonly covered: boolean }[]>
>;

/** From the parent to the worker. */
export interface Work {
  readonly targets: readonly Target[];
  /** Made by the first worker. */
  readonly plan: Plan | undefined;
  readonly from: { readonly target: number; readonly mutant: number };
}

/** From the worker to the parent. */
export type Message =
  | { readonly plan: Plan }
  | { readonly begins: Work["from"]; readonly expectedMs: number }
  | { readonly done: Work["from"]; readonly killer: string | undefined }
  | { readonly restart: true }
  | { readonly finished: true }
  | { readonly error: string };

/** Slower tests run only if the others pass. */
const FAST_MS = 30;

process.on("unhandledRejection", () => undefined);
process.on("message", (work: Work) => {
  main(work)
    .catch((error: unknown) => send({ error: String(error) }))
    .finally(() => process.exit(0));
});

function send(message: Message): Promise<void> {
  return new Promise((resolve) =>
    process.send?.(message, () => {
      resolve();
    }),
  );
}

async function main({ targets, plan: given, from }: Work): Promise<void> {
  makeExchangeable(new Set(targets.map(({ file }) => file)));
  const tests = await Tests.load(new Set(targets.flatMap(({ testFiles }) => testFiles)));
  const plan = given ?? (await planFor(tests, targets));
  if (given === undefined) await send({ plan });
  for (const [index, target] of targets.entries()) {
    if (index < from.target) continue;
    const first = index === from.target ? from.mutant : 0;
    if (first === 0) await checkCopy(tests, target, plan);
    const isReloading = isUsedAtLoad(target.file);
    for (let mutant = first; mutant < target.mutants.length; mutant++) {
      const chosen = plan[target.file]?.[mutant]?.tests ?? [];
      const at = { target: index, mutant };
      const expectedMs = chosen.reduce((sum, { ms }) => sum + ms, 0);
      await send({ begins: at, expectedMs });
      const killer = await killerOf({ tests, target, mutant, chosen, isReloading });
      await send({ done: at, killer });
      // What such a test left behind could disturb the next ones.
      if (killer?.startsWith(TIMED_OUT) === true) {
        await send({ restart: true });
        return;
      }
    }
  }
  await send({ finished: true });
}

interface Attempt {
  readonly tests: Tests;
  readonly target: Target;
  readonly mutant: number;
  readonly chosen: readonly TimedTest[];
  readonly isReloading: boolean;
}

async function killerOf({
  tests,
  target,
  mutant: index,
  chosen,
  isReloading,
}: Attempt): Promise<string | undefined> {
  const mutant = target.mutants[index];
  if (mutant === undefined || chosen.length === 0) return undefined;
  const { file } = target;
  const fast = chosen.filter(({ ms }) => ms <= FAST_MS);
  const slow = chosen.filter(({ ms }) => ms > FAST_MS);
  const runAll = async (loaded: Tests): Promise<string | undefined> =>
    (fast.length > 0 ? await loaded.run(fast) : undefined) ??
    (slow.length > 0 ? await loaded.run(slow) : undefined);
  try {
    const killer = await withCopy(file, mutant, () => runAll(tests));
    if (killer !== undefined || !isReloading) return killer;
    return await withReload({ file, mutant, files: dependentsOf(file) }, async () =>
      runAll(await Tests.load(new Set(chosen.map((test) => test.file)))),
    );
  } catch (error) {
    return `import: ${String(error)}`;
  }
}

/** @throws Error if the tests fail with a copy of the module that is not changed */
async function checkCopy(tests: Tests, { file }: Target, plan: Plan): Promise<void> {
  const every = new Map(plan[file]?.flatMap((each) => each.tests.map((test) => [test.title, test])));
  const fast = [...every.values()].filter(({ ms }) => ms <= FAST_MS);
  const failed = fast.length > 0 ? await withCopy(file, undefined, () => tests.run(fast)) : undefined;
  if (failed !== undefined) throw new Error(`${failed} fails with an equal copy of ${file}`);
}

async function planFor(tests: Tests, targets: readonly Target[]): Promise<Plan> {
  const covering = new Map(targets.map(({ file, mutants }) => [file, mutants.map((): TimedTest[] => [])]));
  const timed = await tests.cover([...covering.keys()], (test, file, ranges) => {
    const { mutants } = targets.find((target) => target.file === file) ?? { mutants: [] };
    for (const [index, { start }] of mutants.entries())
      if (covers(ranges, start)) covering.get(file)?.[index]?.push(test);
  });
  return Object.fromEntries(
    targets.map(({ file, testFiles }) => {
      const all = isLoaded(file) ? timed.filter((test) => testFiles.includes(test.file)) : [];
      const perMutant = (covering.get(file) ?? []).map((found) =>
        found.length > 0 ? { tests: found, covered: true } : { tests: all, covered: false },
      );
      return [file, perMutant];
    }),
  );
}
