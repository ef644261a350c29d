import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executablesOnPath } from "../../../tools/toolchain/executable.ts";
import { VERBS } from "../../../tools/cli/verbs.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");

/** How to make each shell list its completions for a command line. */
const ASK: Readonly<Record<string, (script: string, words: readonly string[]) => readonly string[]>> = {
  bash: (script, words) => [
    "-c",
    `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
     _edgefirst; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  fish: (script, words) => [
    "-c",
    `source ${script}; complete -C '${words.join(" ")}' | string split -f1 \\t`,
  ],
};

describe("edgefirst completion", function () {
  this.timeout(20_000);
  const folder = temporaryDirectory("edgefirst-completion-");
  before(() => {
    mkdirSync(join(folder, "repository"));
    for (const shell of ["bash", "zsh", "fish"]) writeFileSync(join(folder, shell), scriptOf(shell));
  });

  const scriptOf = (shell: string): string =>
    spawnSync(process.execPath, [MAIN, "completion", shell], { encoding: "utf8" }).stdout;

  for (const shell of ["bash", "zsh", "fish"])
    it(`the ${shell} script knows every command, step, option and choice`, () => {
      const script = scriptOf(shell);
      for (const { name } of VERBS) assert.match(script, new RegExp(`\\b${name}\\b`));
      for (const { id } of STEPS) assert.match(script, new RegExp(`\\b${id}\\b`));
      for (const word of ["write-baseline", "sarif", "delete-data", "mandatory"])
        assert.ok(script.includes(word));
    });

  // The shells on this machine: bash everywhere, fish if it is installed.
  for (const [shell, ask] of Object.entries(ASK)) {
    const [path] = executablesOnPath(shell, process.env);
    if (path === undefined) continue;
    it(`${shell} completes what may follow`, () => {
      const offered = (...words: string[]): string[] => {
        const run = spawnSync(path, ask(join(folder, shell), words), { cwd: folder, encoding: "utf8" });
        assert.equal(run.stderr, "");
        return run.stdout.split("\n").filter((line) => line !== "");
      };
      assert.deepEqual(offered("edgefirst", "rol").sort(), ["rollback", "rollout"]);
      assert.deepEqual(offered("edgefirst", "sandbox", "s"), ["status"]);
      assert.deepEqual(offered("edgefirst", "sandbox", "status", "--d"), ["--dir"]);
      assert.deepEqual(offered("edgefirst", "lint", ".", "--format", "s"), ["sarif"]);
      assert.deepEqual(offered("edgefirst", "migrate", "ann"), ["annotate"]);
      assert.deepEqual(offered("edgefirst", "completion", "z"), ["zsh"]);
      assert.deepEqual(offered("edgefirst", "sandbox", "repo"), []);
      // Without completions, bash completes files itself; the fish script completes them.
      assert.ok(["", "repository/"].includes(offered("edgefirst", "lint", "repo").join()));
    });
  }
});
