import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { cacheDirectory } from "../../../tools/toolchain/cache.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { shimTarget } from "../../../tools/toolchain/npm-shim.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { Greeter } from "./greeter.ts";

describe("toolchain: find", () => {
  let greeter: Greeter;
  beforeEach(() => (greeter = new Greeter()));

  /** Puts a finished build into the cache. */
  const fillCache = async (): Promise<string> => {
    const directory = await cacheDirectory(greeter.program, greeter.env());
    mkdirSync(directory, { recursive: true });
    const path = join(directory, "greeter");
    copyFileSync("/bin/true", path);
    return path;
  };

  it("finds nothing on an empty machine", async () => {
    assert.equal(await findProgram(greeter.program, greeter.env()), undefined);
  });

  it("prefers the environment variable, then KUBEBUILDER_ASSETS, then PATH, then the cache", async () => {
    const path = await fillCache();
    const env = greeter.env();
    assert.deepEqual(await findProgram(greeter.program, env), {
      name: "greeter",
      path,
      version: "1.2.3",
      origin: "cache",
    });
    const onPath = greeter.script("greeter", "echo greeter v1.3.0");
    assert.deepEqual(await findProgram(greeter.program, env), {
      name: "greeter",
      path: onPath,
      version: "1.3.0",
      origin: "path",
    });
    const asset = greeter.script("greeter", "echo greeter v1.4.0", "assets");
    const withAssets = greeter.env({ KUBEBUILDER_ASSETS: join(greeter.root, "assets") });
    assert.equal((await findProgram(greeter.program, withAssets))?.path, asset);
    const given = greeter.script("my-greeter", "echo greeter v9.9.9", "mine");
    assert.deepEqual(await findProgram(greeter.program, { ...withAssets, EDGEFIRST_GREETER: given }), {
      name: "greeter",
      path: given,
      version: "9.9.9",
      origin: "environment",
    });
  });

  it("ignores programs on PATH that fail, or print a different version or none", async () => {
    const directories = ["old", "new-major", "broken", "silent", "good"];
    greeter.script("greeter", "echo greeter v1.2.2", "old");
    greeter.script("greeter", "echo greeter v2.0.0", "new-major");
    greeter.script("greeter", "echo greeter v1.2.3; exit 1", "broken");
    greeter.script("greeter", "", "silent");
    const good = greeter.script("greeter", "echo greeter v1.2.4", "good");
    const PATH = directories.map((directory) => join(greeter.root, directory)).join(":");
    assert.equal((await findProgram(greeter.program, greeter.env({ PATH })))?.path, good);
  });

  it("refuses a variable that does not name a program, instead of looking elsewhere", async () => {
    await fillCache();
    const missing = greeter.env({ EDGEFIRST_GREETER: join(greeter.root, "nothing") });
    const directory = greeter.env({ EDGEFIRST_GREETER: greeter.root });
    for (const env of [missing, directory]) {
      await assert.rejects(
        findProgram(greeter.program, env),
        (error) =>
          error instanceof EdgefirstError && error.message.startsWith("EDGEFIRST_GREETER is set to /"),
      );
    }
  });

  it("has one cache entry per module content and set of build arguments", async () => {
    const directories = new Set<string>();
    const note = async (program = greeter.program): Promise<void> => {
      directories.add(await cacheDirectory(program, greeter.env()));
    };
    await note();
    writeFileSync(join(greeter.program.directory, "unrelated"), "x");
    await note();
    assert.equal(directories.size, 1);
    writeFileSync(join(greeter.program.directory, "go.sum"), "x");
    await note();
    writeFileSync(join(greeter.program.directory, "go.mod"), "// pins v1.2.4\n");
    await note();
    greeter.writeMain("package main\n");
    await note();
    mkdirSync(join(greeter.program.directory, "ext"));
    writeFileSync(join(greeter.program.directory, "ext/ext.go"), "package ext\n");
    await note();
    await note({ ...greeter.program, static: true });
    await note({ ...greeter.program, variables: () => ({ "main.x": "y" }) });
    assert.equal(directories.size, 7);
  });

  it("ignores an XDG_CACHE_HOME that is not absolute", async () => {
    const directory = await cacheDirectory(
      greeter.program,
      greeter.env({ XDG_CACHE_HOME: "", HOME: "/home/me" }),
    );
    assert(directory.startsWith("/home/me/.cache/edgefirst/toolchain/greeter-"), directory);
  });

  describe("the npm package's pulumi", () => {
    const pulumi = programNamed("pulumi", PROGRAMS);
    let ran: string;
    let env: NodeJS.ProcessEnv;
    beforeEach(() => {
      ran = join(greeter.root, "ran");
      const shim = greeter.script("run.js", `touch ${ran}; echo v3.300.0`, "node_modules/pulumi");
      writeFileSync(
        join(greeter.root, "node_modules/pulumi/package.json"),
        JSON.stringify({ name: "pulumi", version: "3.259.0" }),
      );
      symlinkSync(shim, join(greeter.root, "bin/pulumi"));
      env = greeter.env({ PATH: join(greeter.root, "bin"), PULUMI_HOME: join(greeter.root, "home") });
    });

    it("is never run, because it would start a download", async () => {
      assert.equal(await findProgram(pulumi, env), undefined);
      assert.equal(existsSync(ran), false);
    });

    it("stands for the CLI that it has downloaded", async () => {
      const cli = greeter.script("pulumi", "echo v3.260.1", "home/versions/3.259.0/bin");
      assert.deepEqual(await findProgram(pulumi, env), {
        name: "pulumi",
        path: cli,
        version: "3.260.1",
        origin: "path",
      });
      assert.equal(existsSync(ran), false);
    });

    it("is recognised in node_modules", async () => {
      const installed = join(import.meta.dirname, "../../../node_modules/.bin/pulumi");
      const { version } = JSON.parse(
        readFileSync(join(import.meta.dirname, "../../../node_modules/pulumi/package.json"), "utf8"),
      ) as { version: string };
      assert.equal(
        await shimTarget(installed, env),
        join(greeter.root, `home/versions/${version}/bin/pulumi`),
      );
    });
  });
});
