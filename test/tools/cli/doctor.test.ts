import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { report } from "../../../tools/cli/doctor.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { survey, type Surveyed } from "../../../tools/toolchain/survey.ts";
import { Greeter } from "../toolchain/greeter.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");

const run = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  spawnSync(process.execPath, [MAIN, "doctor", ...args], { env, encoding: "utf8" });

describe("edgefirst doctor", () => {
  let greeter: Greeter;
  beforeEach(() => (greeter = new Greeter()));

  it("exits with 1 if a program can be neither found nor built, and says how to get it", () => {
    const { status, stdout } = run(greeter.envWithoutGo());
    assert.equal(status, 1);
    assert.match(stdout, /^kube-apiserver +1\.37\.2 +missing, and Go is not available to build it/m);
    assert.match(stdout, /^kube-apiserver: Do one of these:\n- put kube-apiserver 1\.37\.x on PATH/m);
    assert.match(stdout, /- set EDGEFIRST_KUBE_APISERVER to its path/);
    assert.equal(stripVTControlCharacters(stdout), stdout);
    assert.doesNotMatch(stdout, /[│┌─]/);
    for (const line of stdout.split("\n")) assert.equal(line, line.trimEnd());
  });

  it("exits with 0 if everything can be built, and builds nothing", () => {
    greeter.script("go", "exit 0");
    const { status, stdout, stderr } = run(greeter.envWithoutGo(), "--json");
    assert.equal(status, 0, stderr);
    const programs = JSON.parse(stdout) as Surveyed[];
    assert.deepEqual(
      programs.map(({ name, state }) => [name, state]),
      PROGRAMS.map(({ name }) => [name, "buildable"]),
    );
    assert.equal(existsSync(greeter.cache), false);
  });

  it("shows where each program was found, and which variable is wrong", async () => {
    const path = greeter.script("greeter", "echo greeter v1.5.0");
    const env = greeter.envWithoutGo();
    const [found] = await survey(env, [greeter.program]);
    const [unusable] = await survey({ ...env, EDGEFIRST_GREETER: "/nothing" }, [greeter.program]);
    assert(found && unusable);
    assert.equal(unusable.state, "unusable");
    const text = report([found, unusable], false);
    assert.equal(
      text,
      `PROGRAM  VERSION  WHERE${" ".repeat(path.length + 7)}FOR
greeter  1.5.0    ${path} (on PATH)  greets
greeter  1.2.3    unusable${" ".repeat(path.length + 4)}greets

greeter: EDGEFIRST_GREETER is set to /nothing, which is not an executable file.
Set it to the path of greeter, or unset it.`,
    );
    assert.match(report([found], true), /^┌─+[^]*\n.*on PATH[^]*\n.*\/greeter$/);
  });

  it("fits into 80 columns, and lists the folder of built programs", async () => {
    const known = await survey(greeter.envWithoutGo());
    const programs = known.map(({ name, purpose, pinned }, index): Surveyed => {
      const found = { name, path: `/cache/${name}-0/${name}`, version: "10.10.10", origin: "cache" } as const;
      return { name, purpose, pinned, ...(index < 10 ? { state: "found", found } : { state: "buildable" }) };
    });
    const text = report(programs, true);
    for (const line of text.split("\n")) assert.ok(line.length <= 80, `${line.length} columns: ${line}`);
    assert.match(text, /\nbuilt here: \/cache$/);
    for (const { name, purpose } of programs) {
      assert.ok(text.includes(name));
      for (const word of purpose.split(" ")) assert.ok(text.includes(word), word);
    }
  });

  it("shows examples in its help", () => {
    const { status, stdout } = run(greeter.env(), "--help");
    assert.equal(status, 0);
    assert.match(stdout, /Examples:\n {2}edgefirst doctor/);
  });
});
