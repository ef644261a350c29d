import { Session } from "node:inspector/promises";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Mocha from "mocha";
import { dependentsOf, PROJECT } from "./graph.ts";
import type { Mutant } from "./mutants.ts";

const ROOT = `${pathToFileURL(PROJECT).href}/`;
/** Far longer than the slowest unit test takes. */
const TIMEOUT_MS = 15_000;

/** The current run. Every run reloads the mutated module and the modules that import it. */
let current:
  | { readonly file: string; readonly mutant: Mutant | undefined; readonly reloaded: ReadonlySet<string> }
  | undefined;
let runs = 0;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const path = resolved.url.startsWith(ROOT) ? resolved.url.slice(ROOT.length) : "";
    return current?.reloaded.has(path) === true
      ? { ...resolved, url: `${resolved.url}?run=${runs}` }
      : resolved;
  },
  load(url, context, next) {
    const loaded = next(url, context);
    const mutant = current?.mutant;
    if (mutant === undefined || url !== `${ROOT}${current?.file ?? ""}?run=${runs}`) return loaded;
    const { source } = loaded;
    const text = typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString();
    return { ...loaded, source: text.slice(0, mutant.start) + mutant.text + text.slice(mutant.end) };
  },
});

/** A test, and which parts of a module it covers. */
export interface CoveringTest {
  readonly title: string;
  /** Its file. */
  readonly file: string;
  readonly covers: (offset: number) => boolean;
}

/** Runs the tests once, and records which parts of a module each test covers. @throws Error if a test fails, because then it cannot judge mutants */
export async function coverageOf(
  file: string,
  testFiles: readonly string[],
): Promise<readonly CoveringTest[]> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const coverage: CoveringTest[] = [];
  // What ran while the modules were loaded belongs to no test.
  const beforeTests = async (): Promise<void> => {
    await session.post("Profiler.takePreciseCoverage");
  };
  const record = async (test: Mocha.Test): Promise<void> => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const script = result.find(({ url }) => url === `${ROOT}${file}?run=${runs}`);
    const ranges = script?.functions.flatMap((each) => each.ranges) ?? [];
    const covers = (offset: number): boolean => {
      const around = ranges.filter(
        ({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset,
      );
      around.sort((one, other) => one.endOffset - one.startOffset - (other.endOffset - other.startOffset));
      return (around[0]?.count ?? 0) > 0;
    };
    coverage.push({ title: test.fullTitle(), file: test.file ?? "", covers });
  };
  const failed = await run({ file, mutant: undefined, testFiles, beforeTests, afterEach: record });
  session.disconnect();
  if (failed !== undefined) throw new Error(`${failed} fails even without a mutant`);
  return coverage;
}

/** Arguments of {@link run}. */
export interface RunArgs {
  readonly file: string;
  readonly mutant: Mutant | undefined;
  readonly testFiles: readonly string[];
  /** Full titles of the tests to run; by default, all tests. */
  readonly tests?: ReadonlySet<string>;
  readonly beforeTests?: () => Promise<void>;
  readonly afterEach?: (test: Mocha.Test) => Promise<void>;
}

/** Runs tests until one fails. @returns the title of the failed test; undefined if the mutant survives */
export async function run({
  file,
  mutant,
  testFiles,
  tests,
  beforeTests,
  afterEach,
}: RunArgs): Promise<string | undefined> {
  runs++;
  current = { file, mutant, reloaded: dependentsOf(file) };
  const mocha = new Mocha({ timeout: TIMEOUT_MS, reporter: silent as never, bail: true });
  try {
    for (const testFile of testFiles) {
      mocha.suite.emit("pre-require", globalThis, testFile, mocha);
      await import(`${pathToFileURL(join(PROJECT, testFile)).href}?run=${runs}`);
    }
  } catch (error) {
    return `import: ${String(error)}`;
  }
  if (tests !== undefined) keepOnly(mocha.suite, tests);
  if (beforeTests !== undefined) mocha.suite.beforeAll(beforeTests);
  if (afterEach !== undefined)
    mocha.suite.afterEach(async function (this: Mocha.Context) {
      if (this.currentTest !== undefined) await afterEach(this.currentTest);
    });
  return new Promise((resolve) => {
    let failed: string | undefined;
    mocha
      .run(() => {
        mocha.dispose();
        resolve(failed);
      })
      .on("fail", (test: { fullTitle(): string }) => (failed ??= test.fullTitle()));
  });
}

/** Nothing is printed. */
function silent(): void {
  return;
}

function keepOnly(suite: Mocha.Suite, tests: ReadonlySet<string>): void {
  suite.tests = suite.tests.filter((test) => tests.has(test.fullTitle()));
  for (const each of suite.suites) keepOnly(each, tests);
}
