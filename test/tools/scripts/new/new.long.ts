import assert from "node:assert/strict";
import { execFileSync, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { cpSync, existsSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory } from "../../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../../..");

describe("npm run new:rule, new:step, new:check", function () {
  // Type-checks the whole project, and runs eslint with types.
  this.timeout(300_000);
  const copy = temporaryDirectory("edgefirst-new-");
  before(() => {
    const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
      cwd: ROOT,
    });
    for (const file of files.toString().split("\0"))
      if (file !== "" && existsSync(join(ROOT, file)))
        cpSync(join(ROOT, file), join(copy, file), { recursive: true, verbatimSymlinks: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  });

  const node = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
  const bin = (path: string, ...args: string[]): SpawnSyncReturns<string> =>
    node(join(ROOT, "node_modules", path), ...args);
  const create = (kind: string, id: string): SpawnSyncReturns<string> =>
    node("tools/scripts/new/main.ts", kind, id);
  /** The files that a run reports. */
  const reported = (stdout: string): string[] =>
    [...stdout.matchAll(/^(?:wrote|changed) +(\S+)$/gm)].map(([, file = ""]) => file);

  const CASES = [
    ["rule", "quota-set", "test/policy/rules.test.ts", /write check\(\) in policy\/rules\/quota-set\.ts/],
    [
      "step",
      "quota-move",
      "test/tools/migrate/migrate.test.ts",
      /Write plan\(\) in tools\/migrate\/steps\/quota-move\/step\.ts/,
    ],
    ["check", "quota-left", "test/staging/checks/quota-left.test.ts", /quota-left\.ts: write run\(\)/],
  ] as const;
  const written: string[] = [];

  for (const [kind, id, test, message] of CASES)
    it(`new:${kind} writes files whose test fails and reports what to write`, () => {
      const { status, stdout, stderr } = create(kind, id);
      assert.equal(status, 0, stderr);
      const files = reported(stdout);
      assert.ok(files.length > 2, stdout);
      for (const file of files) assert.doesNotMatch(readFileSync(join(copy, file), "utf8"), /__(id|name)__/);
      written.push(...files.filter((file) => file.endsWith(".ts")));
      const mocha = bin("mocha/bin/mocha.js", "--no-config", "--timeout", "60000", "--grep", id, test);
      assert.notEqual(mocha.status, 0, mocha.stdout);
      assert.match(mocha.stdout, message);
    });

  it("write files that pass the type check, eslint, prettier and the tests of their registry", () => {
    assert.equal(written.length, 9, written.join("\n"));
    const tsc = bin("typescript/bin/tsc", "--incremental", "false");
    assert.equal(tsc.status, 0, tsc.stdout);
    const eslint = bin("eslint/bin/eslint.js", ...written);
    assert.equal(eslint.status, 0, eslint.stdout);
    const prettier = bin("prettier/bin/prettier.cjs", "--check", ...written);
    assert.equal(prettier.status, 0, prettier.stderr);
    const lists = ["test/policy/rules.test.ts", "test/staging/checks.test.ts"].filter((file) =>
      existsSync(join(copy, file)),
    );
    const mocha = bin(
      "mocha/bin/mocha.js",
      "--no-config",
      "--grep",
      "^rules, by name|^checks are exactly",
      ...lists,
    );
    assert.equal(mocha.status, 0, mocha.stdout);
    assert.match(mocha.stdout, /3 passing/);
  });

  it("refuse an id that exists or is invalid, and write nothing", () => {
    for (const [args, message] of [
      [["rule", "image-pinned"], /image-pinned\.ts already exists\.\nChoose another id/],
      [["step", "Quota"], /Quota is not a valid id\.\nUse lower-case words/],
      [["component", "quota"], /There is no template for a component\.\nUse: rule, step, check/],
      [["check"], /new:check needs an id\.\nFor example/],
    ] as const) {
      const { status, stderr } = node("tools/scripts/new/main.ts", ...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
    assert.ok(!existsSync(join(copy, dirname("test/policy/fixtures/Quota.ts"), "Quota.ts")));
  });
});
