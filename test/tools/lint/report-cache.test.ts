import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { ReportCache } from "../../../tools/lint/cache/report-cache.ts";
import { stored, type StoredReport } from "../../../tools/lint/cache/stored-report.ts";
import { CODE } from "../../../tools/lint/cache/tool-identity.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../..");
const FLEET = join(ROOT, "test/fixtures/repositories/fleet");

describe("the report cache of lint", function () {
  this.timeout(60_000);
  let folder: string;
  let root: string;
  beforeEach(() => {
    const top = realpathSync(temporaryDirectory("report-cache-"));
    [folder, root] = [join(top, "cache"), join(top, "repository")];
    cpSync(FLEET, root, { recursive: true });
  });

  const cache = (within: readonly string[] = ["."]): ReportCache => new ReportCache(root, within, folder);
  const keep = (of = cache()) =>
    of.keep(({ answers, now }) =>
      Promise.resolve(
        lintRepository(new Repository(root, { collectUnreadable: true, answers }), { now, within: ["."] }),
      ),
    );
  const fresh = (): StoredReport =>
    JSON.parse(
      JSON.stringify(stored(lintRepository(new Repository(root, { collectUnreadable: true })))),
    ) as StoredReport;
  const read = (): StoredReport | undefined => {
    const report = cache().read();
    return report && stored(report);
  };
  const files = (): readonly string[] =>
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter(
        (path) =>
          !path.startsWith(".edgefirst") && statSync(join(root, path), { throwIfNoEntry: false })?.isFile(),
      )
      .sort();
  const entry = (): string => join(folder, readdirSync(folder)[0] ?? "");

  it("repeats the report of a repository in which nothing has changed", async () => {
    assert.equal(read(), undefined);
    await keep();
    assert.ok(fresh().findings.length > 0);
    assert.deepEqual(read(), fresh());
    assert.equal(cache(["kubernetes"]).read(), undefined, "other paths are another run");
  });

  /** One change of a repository: given any numbers, it picks files and changes them. */
  type Change = (pick: (from: readonly string[]) => string) => void;
  const rewrite = (path: string, change: (text: string) => string): void => {
    writeFileSync(join(root, path), change(readFileSync(join(root, path), "utf8")));
  };
  const CHANGES: Readonly<Record<string, Change>> = {
    nothing: () => undefined,
    "the same content": (pick) => {
      rewrite(pick(files()), (text) => text);
    },
    "one letter": (pick) => {
      rewrite(pick(files()), (text) => text.replace(/[a-z](?=[a-z]*\n)/, "q"));
    },
    "a line less": (pick) => {
      rewrite(pick(files()), (text) => text.replace(/^.*\n/, ""));
    },
    "bytes that are not UTF-8": (pick) => {
      writeFileSync(join(root, pick(files())), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]));
    },
    "a file less": (pick) => {
      rmSync(join(root, pick(files())));
    },
    "a copy under another name": (pick) => {
      const path = pick(files());
      cpSync(join(root, path), join(root, dirname(path), "copy.yaml"), { force: true });
    },
    "another name": (pick) => {
      const path = pick(files());
      renameSync(join(root, path), join(root, dirname(path), "renamed.yaml"));
    },
    "a link to another file": (pick) => {
      const [path, target] = [pick(files()), pick(files())];
      rmSync(join(root, path));
      if (path !== target) symlinkSync(join(root, target), join(root, path));
    },
    "a link that leaves the repository": (pick) => {
      const path = pick(files());
      renameSync(join(root, path), join(dirname(root), "outside.yaml"));
      symlinkSync(join(dirname(root), "outside.yaml"), join(root, path));
    },
    "a directory in its place": (pick) => {
      const path = join(root, pick(files()));
      rmSync(path);
      mkdirSync(path);
    },
    "a link to a directory": (pick) => {
      const path = dirname(join(root, pick(files())));
      if (path === root) return;
      renameSync(path, `${path}-moved`);
      symlinkSync(`${path}-moved`, path);
    },
    "a rule less": () => {
      mkdirSync(join(root, ".edgefirst"), { recursive: true });
      writeFileSync(join(root, ".edgefirst/policies.yaml"), "image-pinned: disabled\n");
    },
  };

  it("never repeats a report that is not that of a new run, whatever changes between the runs", async () => {
    let repeated = 0;
    const change = fc.record({
      name: fc.constantFrom(...Object.keys(CHANGES)),
      numbers: fc.array(fc.nat(), { minLength: 2, maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        rmSync(root, { recursive: true, force: true });
        cpSync(FLEET, root, { recursive: true });
        for (const { name, numbers } of changes) {
          await keep();
          const given = [...numbers];
          CHANGES[name]?.((from) => from[(given.pop() ?? 0) % from.length] ?? "");
          const [again, report] = [read(), fresh()];
          if (again !== undefined) {
            repeated++;
            assert.deepEqual(again, report, name);
          }
          assert.ok(again !== undefined || !["nothing", "the same content"].includes(name), name);
        }
      }),
      { numRuns: 20, seed: 1 },
    );
    assert.ok(repeated > 10, `only ${repeated} reports were repeated`);
  });

  it("ignores entries that are damaged, incomplete or of other code", async () => {
    await keep();
    const whole = readFileSync(entry(), "utf8");
    const other = whole.replace(/"tool":"(.)/, (_, first) => `"tool":"${first === "_" ? "-" : "_"}`);
    const content = other.slice(other.indexOf("\n") + 1);
    const signed = `${createHash("sha256").update(content).digest("hex")}\n${content}`;
    for (const text of [
      "",
      "{}",
      "\n",
      whole.slice(0, -20),
      whole.replace(/"message":"./, '"message":"_'),
      signed,
    ]) {
      writeFileSync(entry(), text);
      assert.equal(read(), undefined, text.slice(0, 80));
    }
    writeFileSync(entry(), whole);
    assert.notEqual(read(), undefined);
  });

  it("keeps no report that depends on the time", async () => {
    const map = (until: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dated\n  annotations:\n    edgefirst.dev/exempt.image-pinned: "why; owner=me; until=${until}"\n`;
    rmSync(root, { recursive: true });
    mkdirSync(root);
    for (const [until, isKept] of [
      ["2020-01-01", false],
      ["2999-01-01", false],
      ["never", true],
    ] as const) {
      writeFileSync(join(root, "map.yaml"), map(until));
      await keep();
      assert.equal(read() !== undefined, isKept, until);
    }
  });

  it("notices a change of any module that lint loads", () => {
    const list = `data:text/javascript,${encodeURIComponent(
      `import { registerHooks } from "node:module";
       registerHooks({ load(url, context, next) { console.error(url); return next(url, context); } });`,
    )}`;
    const args = ["--import", list, join(ROOT, "tools/cli/main.js"), "lint", root, "--no-cache"];
    const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    const top = `file://${ROOT}/`;
    const modules = stderr
      .split("\n")
      .filter((url) => url.startsWith(top))
      .map((url) => url.slice(top.length));
    assert.ok(modules.includes("policy/engine/run.ts"));
    const isKnown = (path: string): boolean =>
      [...CODE, "node_modules"].some((directory) => path.startsWith(`${directory}/`)) || !path.includes("/");
    // It prints what lint is doing.
    assert.deepEqual(
      modules.filter((path) => !isKnown(path)),
      ["tools/toolchain/progress.ts"],
    );
  });

  it("keeps a limited number of entries", async () => {
    for (let index = 0; index < 45; index++) await keep(cache([`path-${index}`]));
    assert.equal(readdirSync(folder).length, 40);
    assert.notEqual(cache(["path-44"]).read(), undefined);
  });

  it("prints the same from the cache in every format, and a new report after a change or with --no-cache", () => {
    const run = (...args: string[]): readonly unknown[] => {
      const command = [join(ROOT, "tools/cli/main.js"), "lint", root, ...args];
      const env = { ...process.env, XDG_CACHE_HOME: folder };
      const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", env });
      return [status, stdout, stderr];
    };
    const reports = join(folder, "edgefirst/lint");
    const uncached = run("--no-cache");
    assert.throws(() => readdirSync(reports), { code: "ENOENT" });
    assert.deepEqual(run(), uncached);
    assert.equal(readdirSync(reports).length, 1);
    for (const format of ["json", "sarif"])
      assert.deepEqual(run("--format", format), run("--format", format, "--no-cache"), format);
    const path = "kubernetes/edge/apps/broken.yaml";
    rmSync(join(root, path));
    const changed = run();
    assert.notDeepEqual(changed, uncached);
    assert.deepEqual(changed, run("--no-cache"));
  });
});
