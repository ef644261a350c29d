import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { VERBS } from "../../../tools/cli/verbs.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../..");
const MAIN = join(ROOT, "tools/cli/main.ts");
const FLEET = join(ROOT, "test/fixtures/repositories/fleet");

describe("edgefirst", function () {
  this.timeout(30_000);
  const edgefirst = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });

  it("prints its version", () => {
    for (const flag of ["--version", "-V"]) assert.equal(edgefirst(flag).stdout, `${packageJson.version}\n`);
  });

  it("runs from the entry point of a clone, and loads Node's TypeScript compiler only where the compile cache is cold", () => {
    const entry = join(ROOT, "tools/cli/main.js");
    const list = "process.on('exit', () => console.error(process.moduleLoadList.join()))";
    const args = ["--import", `data:text/javascript,${list}`, entry, "lint", "--help"];
    const [first, second] = [1, 2].map(() => spawnSync(process.execPath, args, { encoding: "utf8" }));
    assert.match(second?.stdout ?? "", /^Usage: edgefirst lint /);
    assert.equal(second?.stdout, first?.stdout);
    assert.match(second?.stderr ?? "", /module_job/);
    assert.doesNotMatch(second?.stderr ?? "", /amaro/);
  });

  it("reads a .sourceignore with a Node that lacks RegExp.escape, as Node 22 does", () => {
    const root = temporaryDirectory("edgefirst-older-");
    cpSync(FLEET, root, { recursive: true });
    // A pattern that no earlier run has left in the cache.
    writeFileSync(join(root, ".sourceignore"), `${basename(root)}-?.yaml\n`);
    const [older, now] = ["delete RegExp.escape", ""].map((code) => {
      const args = ["--import", `data:text/javascript,${code}`, MAIN, "lint", root];
      return spawnSync(process.execPath, args, { encoding: "utf8" });
    });
    assert.equal(now?.status, 1);
    assert.deepEqual([older?.stdout, older?.stderr], [now.stdout, now.stderr]);
  });

  it("lists every command and the exit codes in its help", () => {
    const { status, stdout } = edgefirst("--help");
    assert.equal(status, 0);
    for (const { name, description } of VERBS) {
      assert.match(stdout, new RegExp(`^  ${name} `, "m"));
      assert.ok(description.length <= 100, `${name}: its description fills more than a line`);
    }
    assert.match(
      stdout,
      /Exit codes of every command:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}4 .*\n {2}130 /,
    );
  });

  for (const { name, load } of VERBS)
    it(`${name} has examples in its help, and describes each argument and option`, async () => {
      const { status, stdout } = edgefirst(name, "--help");
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`Examples?:\\n {2}.*edgefirst ${name}\\b`));
      assert.equal(edgefirst("help", name).stdout, stdout, "`help` of a command is its --help");
      const command = await load(false);
      for (const each of [command, ...command.commands]) {
        for (const option of each.options) assert.notEqual(option.description, "", option.flags);
        for (const argument of each.registeredArguments) assert.notEqual(argument.description, "");
      }
    });

  it("lists migrate's steps and their risks", () => {
    const { stdout } = edgefirst("migrate", "--help");
    for (const { id, risk, title } of STEPS)
      assert.match(stdout, new RegExp(`^  ${id} +${risk.level} +${title}\n +${risk.phrase}$`, "m"));
  });

  it("loads no command's code for its help", () => {
    const list = `data:text/javascript,${encodeURIComponent(
      `import { registerHooks } from "node:module";
       registerHooks({ load(url, context, next) { console.error(url); return next(url, context); } });`,
    )}`;
    for (const args of [["--help"], ["rollout", "--help"], ["sandbox", "up", "--help"]]) {
      const { stderr } = spawnSync(process.execPath, ["--import", list, MAIN, ...args], { encoding: "utf8" });
      const modules = stderr.split("\n").filter((url) => url.endsWith(".ts"));
      assert.ok(modules.some((url) => url.endsWith("/tools/cli/program.ts")));
      assert.deepEqual(
        modules.filter((url) => !/\/(tools\/cli\/(commands\/)?[a-z-]+|lib\/[a-z-]+)\.ts$/.test(url)),
        [],
      );
    }
  });

  it("exits with 2 for invalid arguments, and says what is missing and what to do", () => {
    const empty = temporaryDirectory("edgefirst-cli-");
    const cases: readonly [readonly string[], RegExp][] = [
      [["lint"], /^edgefirst: lint needs <path>: a repository.*\nSee edgefirst lint --help\.$/m],
      [["migrate"], /^edgefirst: migrate needs <step>: .*edgefirst migrate \.\n/],
      [["migrate", "ks"], /^edgefirst: migrate ks needs a repository.*\n.* edgefirst migrate ks \.\n/],
      [["migrate", "all"], /^edgefirst: migrate all needs a repository/],
      [["migrate", "nowhere"], /There is no directory nowhere/],
      [["rolout"], /unknown command 'rolout'\n\(Did you mean rollout\?\)/],
      [["lint", ".", "--fromat", "json"], /unknown option '--fromat'/],
      [[], /^Usage: edgefirst <command>/],
    ];
    for (const [args, message] of cases) {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
        cwd: empty,
        encoding: "utf8",
      });
      assert.equal(status, 2, args.join(" "));
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, / at .*\.ts:/, "no stack trace");
    }
  });
});
