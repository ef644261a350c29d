import { Session, type Profiler } from "node:inspector/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Mocha from "mocha";
import { originalUrl } from "./modules.ts";
import { PROJECT } from "./graph.ts";

/** A test takes longer on a busy machine, but not this much. */
const SLACK_MS = 5_000;
const SLACK_FACTOR = 8;

/** A test, and how long it took without a mutant. */
export interface TimedTest {
  readonly title: string;
  /** Its file. */
  readonly file: string;
  readonly ms: number;
}

/** What a test ran of one module, as V8 reports it. */
export type Ranges = readonly Pick<Profiler.CoverageRange, "startOffset" | "endOffset" | "count">[];

/** The loaded tests, which can be run again and again. */
export class Tests {
  readonly #mocha: Mocha;
  readonly #all = new Map<Mocha.Suite, readonly Mocha.Test[]>();

  private constructor(mocha: Mocha) {
    this.#mocha = mocha;
    const collect = (suite: Mocha.Suite): void => {
      this.#all.set(suite, suite.tests);
      suite.suites.forEach(collect);
    };
    collect(mocha.suite);
  }

  /** @param query distinguishes the tests from those that are loaded already */
  static async load(files: Iterable<string>, query = ""): Promise<Tests> {
    const mocha = new Mocha({ reporter: silent as never, bail: true });
    mocha.cleanReferencesAfterRun(false);
    for (const file of files) {
      mocha.suite.emit("pre-require", globalThis, file, mocha);
      await import(`${pathToFileURL(join(PROJECT, file)).href}${query}`);
    }
    return new Tests(mocha);
  }

  /** Runs each test and records what it covers of these modules. @throws Error if a test fails, because then it cannot judge mutants */
  async cover(
    files: readonly string[],
    visit: (test: TimedTest, file: string, ranges: Ranges) => void,
  ): Promise<TimedTest[]> {
    const urls = new Map(files.map((file) => [originalUrl(file), file]));
    const session = new Session();
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    // What ran while the modules were loaded belongs to no test.
    await session.post("Profiler.takePreciseCoverage");
    const timed: TimedTest[] = [];
    this.#mocha.suite.afterEach("coverage", async function (this: Mocha.Context) {
      const test = this.currentTest;
      if (test === undefined) return;
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const found = { title: test.fullTitle(), file: test.file ?? "", ms: test.duration ?? 0 };
      timed.push(found);
      for (const { url, functions } of result) {
        const file = urls.get(url);
        if (file === undefined) continue;
        const ranges = functions.flatMap((each) => each.ranges);
        visit(found, file, ranges);
      }
    });
    const failed = await this.#run(60_000);
    (this.#mocha.suite as unknown as { _afterEach: unknown[] })._afterEach.length = 0;
    session.disconnect();
    if (failed !== undefined) throw new Error(`${failed} fails even without a mutant`);
    return timed;
  }

  /** Runs these tests until one fails. @returns the title of the failed test; undefined if all pass */
  async run(tests: readonly TimedTest[]): Promise<string | undefined> {
    const chosen = new Set(tests.map(({ title }) => title));
    for (const [suite, all] of this.#all) suite.tests = all.filter((test) => chosen.has(test.fullTitle()));
    return this.#run(SLACK_MS + SLACK_FACTOR * Math.max(0, ...tests.map(({ ms }) => ms)));
  }

  async #run(timeoutMs: number): Promise<string | undefined> {
    for (const suite of this.#all.keys())
      for (const test of suite.tests) {
        test.timeout(timeoutMs);
        // Of a test that has run before, Mocha starts the timer again.
        test.clearTimeout();
      }
    return new Promise((resolve) => {
      let failed: string | undefined;
      this.#mocha
        .run(() => {
          resolve(failed);
        })
        .on("fail", (test: { fullTitle(): string }, error: { code?: string }) => {
          failed ??= `${error.code === "ERR_MOCHA_TIMEOUT" ? TIMED_OUT : ""}${test.fullTitle()}`;
        });
    });
  }
}

/** Begins the title of a test that did not end. */
export const TIMED_OUT = "timeout: ";

/** The count of the smallest range around an offset says whether the code there ran. */
export function covers(ranges: Ranges, offset: number): boolean {
  let smallest: Ranges[number] | undefined;
  for (const range of ranges)
    if (range.startOffset <= offset && offset < range.endOffset)
      if (
        smallest === undefined ||
        range.endOffset - range.startOffset <= smallest.endOffset - smallest.startOffset
      )
        smallest = range;
  return (smallest?.count ?? 0) > 0;
}

/** Nothing is printed. */
function silent(): void {
  return;
}
