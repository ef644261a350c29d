import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EdgefirstError } from "../../../lib/errors.ts";
import { isAlive, identify, type ProcessIdentity } from "../../../lib/process-identity.ts";
import { buildArguments, cacheDirectory } from "../../../tools/toolchain/cache.ts";
import type { Program } from "../../../tools/toolchain/program.ts";
import { resolveProgram, resolvePrograms } from "../../../tools/toolchain/resolve.ts";
import { Greeter } from "./greeter.ts";

const RESOLVER = join(import.meta.dirname, "resolve-greeter.ts");

describe("toolchain: build", function () {
  // With a cold build cache, Go compiles its runtime first.
  this.timeout(120_000);

  let greeter: Greeter;
  const children: ChildProcess[] = [];
  beforeEach(() => (greeter = new Greeter()));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  /** Resolves the program in another process; returns its output as lines. */
  const elsewhere = (env = greeter.env()): { child: ChildProcess; lines: Promise<string[]> } => {
    const child = spawn(process.execPath, [RESOLVER, greeter.root], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const lines = new Promise<string[]>((resolve) => {
      child.once("close", () => {
        resolve(output.trim().split("\n"));
      });
    });
    return { child, lines };
  };

  it("builds a missing program in the pinned version, and finds it the next time", async () => {
    const built = await resolveProgram("greeter", greeter.options());
    assert.equal(built.origin, "built");
    assert.equal(built.version, "1.2.3");
    assert.equal(dirname(dirname(built.path)), greeter.cache);
    assert.match(basename(dirname(built.path)), /^greeter-[0-9a-f]{12}$/);
    assert.equal(execFileSync(built.path, { encoding: "utf8" }), "greeter v1.2.3\n");
    assert.deepEqual(greeter.lines.slice(0, 2), [
      "building 1 program from source, which is needed only once and takes about 1 min: greeter",
      "program 1 of 1, about 1 min left: building greeter 1.2.3",
    ]);
    assert.match(greeter.lines.at(-1)!, /^built greeter in \d+ s$/);
    const printed = greeter.lines.length;

    const again = await resolveProgram("greeter", greeter.options(greeter.envWithoutGo()));
    assert.deepEqual(again, { ...built, origin: "cache" });
    assert.equal(greeter.lines.length, printed);
    assert.deepEqual(greeter.cached(), [basename(dirname(built.path))]);
  });

  it("builds with the modules in the subdirectories of the program's module", async () => {
    const { directory } = greeter.program;
    mkdirSync(join(directory, "ext"));
    writeFileSync(join(directory, "ext/go.mod"), "module example.test/ext\n\ngo 1.26\n");
    writeFileSync(join(directory, "ext/ext.go"), 'package ext\n\nconst Greeting = "hello"\n');
    const pins = readFileSync(join(directory, "go.mod"), "utf8");
    const required = "require example.test/ext v0.0.0\n\nreplace example.test/ext => ./ext\n";
    writeFileSync(join(directory, "go.mod"), `${pins}\n${required}`);
    greeter.writeMain(
      'package main\n\nimport (\n\t"os"\n\n\t"example.test/ext"\n)\n\nfunc main() { os.Stdout.WriteString(ext.Greeting) }\n',
    );
    const { path } = await resolveProgram("greeter", greeter.options());
    assert.equal(execFileSync(path, { encoding: "utf8" }), "hello");
  });

  it("announces exactly the programs that it builds, in the order of need", async () => {
    const programs = ["first", "second", "third"].map((name) => ({
      ...greeter.program,
      name,
      installed: undefined!,
    }));
    await resolveProgram("second", { ...greeter.options(), programs });
    greeter.lines.length = 0;
    await resolvePrograms(["third", "second", "first"], { ...greeter.options(), programs });
    assert.match(
      greeter.lines[0]!,
      /^building 2 programs from source, which is needed only once and takes about \d+ min: third, first$/,
    );
    const steps = greeter.lines.filter((line) => line.includes(": building ") && !line.includes(", for "));
    assert.deepEqual(
      steps.map((line) => line.replace(/about \d+ min/, "about … min")),
      [
        "program 1 of 2, about … min left: building third 1.2.3",
        "program 2 of 2, about … min left: building first 1.2.3",
      ],
    );
    assert.match(greeter.lines.at(-1)!, /^built third, first in /);
  });

  it("builds a package's tests as a program", async () => {
    const { program } = greeter;
    assert.deepEqual((await buildArguments({ ...program, tests: true })).slice(0, 2), ["test", "-c"]);
    assert.equal((await buildArguments(program))[0], "build");
    const folder = (tests: Pick<Program, "tests">): Promise<string> =>
      cacheDirectory({ ...program, ...tests }, greeter.env());
    assert.notEqual(await folder({ tests: true }), await folder({}));
  });

  it("builds again when the module changes", async () => {
    const first = await resolveProgram("greeter", greeter.options());
    greeter.writeMain(
      readFileSync(join(greeter.program.directory, "main.go"), "utf8").replace("greeter v", "greeter V"),
    );
    const second = await resolveProgram("greeter", greeter.options());
    assert.equal(second.origin, "built");
    assert.notEqual(second.path, first.path);
    assert.equal(execFileSync(second.path, { encoding: "utf8" }), "greeter V1.2.3\n");
  });

  it("builds for this machine, whatever GOOS, GOARCH and GOWORK say", async () => {
    const env = greeter.env({ GOOS: "plan9", GOARCH: "386", GOWORK: "/nowhere/go.work" });
    const { path } = await resolveProgram("greeter", greeter.options(env));
    assert.equal(execFileSync(path, { encoding: "utf8" }), "greeter v1.2.3\n");
  });

  it("shows the compiler's message of a failed build, and leaves nothing behind", async () => {
    greeter.writeMain("package main\n\nfunc main() { nonsense() }\n");
    await assert.rejects(resolveProgram("greeter", greeter.options()), (error) => {
      assert(error instanceof EdgefirstError);
      assert.match(error.message, /^greeter 1\.2\.3 could not be built in /);
      assert.match(error.message, /main\.go:3:15: undefined: nonsense/);
      assert.match(error.message, /EDGEFIRST_GREETER/);
      return true;
    });
    assert.deepEqual(greeter.cached(), []);
  });

  it("names every way to get a program if Go is missing", async () => {
    await assert.rejects(resolveProgram("greeter", greeter.options(greeter.envWithoutGo())), (error) => {
      assert(error instanceof EdgefirstError);
      assert.match(error.message, /^greeter 1\.2\.3 was not found, and it cannot be built without Go\./);
      assert.match(error.hint!, /put greeter \^1\.2\.3 on PATH/);
      assert.match(error.hint!, /set EDGEFIRST_GREETER to its path/);
      assert.match(error.hint!, /install Go 1\.26/);
      return true;
    });
    assert.equal(existsSync(greeter.cache), false);
    assert.deepEqual(greeter.lines, []);
  });

  it("builds once for concurrent callers, in one process and in several", async () => {
    const others = [elsewhere(), elsewhere()];
    const here = await Promise.all(
      [1, 2, 3].map(() => resolvePrograms(["greeter"], greeter.options(greeter.env()))),
    );
    const lines = [...greeter.lines, ...(await Promise.all(others.map(({ lines }) => lines))).flat()];
    assert.equal(
      lines.filter((line) => line.includes(": building ") && !line.includes(", for ")).length,
      1,
      lines.join("\n"),
    );
    const paths = lines.filter((line) => line.startsWith("path ")).map((line) => line.slice("path ".length));
    assert.equal(paths.length, 2);
    for (const path of [...paths, ...here.map(({ greeter }) => greeter.path)]) {
      assert.equal(execFileSync(path, { encoding: "utf8" }), "greeter v1.2.3\n");
    }
    assert.equal(greeter.cached().length, 1);
  });

  it("waits for another process's build, and takes over when that process is killed", async () => {
    const started = join(greeter.root, "started");
    greeter.hangingGo(started);
    const { child, lines } = elsewhere();
    const go = await startedProcess(started);
    rmSync(join(greeter.root, "bin/go"));
    try {
      const here = resolveProgram("greeter", greeter.options());
      await until("the second to wait", () => greeter.lines.length > 1);
      assert.equal(
        greeter.lines[1],
        `program 1 of 1, about 1 min left: waiting for process ${child.pid ?? 0}, which is building greeter`,
      );
      child.kill("SIGKILL");
      await lines;
      const { path, origin } = await here;
      assert.equal(origin, "built");
      assert.equal(execFileSync(path, { encoding: "utf8" }), "greeter v1.2.3\n");
      assert.deepEqual(greeter.cached(), [basename(dirname(path))]);
    } finally {
      process.kill(go.pid, "SIGKILL");
    }
  });

  it("stops go when aborted, and leaves nothing behind", async () => {
    const started = join(greeter.root, "started");
    greeter.hangingGo(started);
    const abort = new AbortController();
    const result = resolveProgram("greeter", { ...greeter.options(), signal: abort.signal });
    const go = await startedProcess(started);
    abort.abort(new Error("enough"));
    await assert.rejects(result, /^Error: enough$/);
    assert.equal(isAlive(go), false);
    assert.deepEqual(greeter.cached(), []);
  });
});

async function startedProcess(file: string): Promise<ProcessIdentity> {
  await until("the build to start", () => existsSync(file));
  const identity = identify(Number(readFileSync(file, "utf8")));
  assert(identity);
  return identity;
}

async function until(description: string, check: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!check()) {
    assert(Date.now() < deadline, `timed out waiting for ${description}`);
    await delay(20);
  }
}
