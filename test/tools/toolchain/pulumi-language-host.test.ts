import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Program } from "../../../tools/toolchain/program.ts";
import { pulumiLanguageHost } from "../../../tools/toolchain/pulumi-language-host.ts";
import { resolveProgram } from "../../../tools/toolchain/resolve.ts";
import { Greeter } from "./greeter.ts";

const HOST = "pulumi-language-nodejs";

describe("toolchain: Pulumi's Node language host", function () {
  this.timeout(120_000);

  let greeter: Greeter;
  let host: Program;
  beforeEach(() => {
    greeter = new Greeter();
    host = { ...greeter.program, name: HOST };
  });

  const options = (extra: NodeJS.ProcessEnv = {}) => ({
    ...greeter.options(greeter.env(extra)),
    programs: [greeter.program, host],
  });

  it("comes from the bundle of an official CLI", async () => {
    const path = greeter.script("pulumi", "", "bundle");
    const bundled = greeter.script(HOST, "", "bundle");
    const cli = { name: "pulumi", path, version: "3.259.0", origin: "path" } as const;
    assert.equal(await pulumiLanguageHost(cli, options()), bundled);
    assert.deepEqual(greeter.lines, []);

    rmSync(bundled);
    const built = await pulumiLanguageHost(cli, options());
    assert.equal(dirname(dirname(built)), greeter.cache);
    assert.deepEqual(readdirSync(dirname(path)), ["pulumi"], "the bundle stays as it is");
  });

  it("is put next to a CLI from the toolchain, and follows a new build", async () => {
    const cli = await resolveProgram("greeter", options());
    const first = await pulumiLanguageHost(cli, options());
    assert.equal(first, join(dirname(cli.path), HOST));
    assert(statSync(first).isFile());
    assert.match(readFileSync(first, "utf8"), /-typescript=false -nodeargs="\$nodeargs" "\$@"$/m);
    const { ino } = statSync(first);
    await pulumiLanguageHost(cli, options());
    assert.equal(statSync(first).ino, ino);

    host = { ...host, variables: () => ({ "main.version": "new" }) };
    assert.equal(await pulumiLanguageHost(cli, options()), first);
    assert.equal(execFileSync(first, { encoding: "utf8" }), "greeter vnew\n");
    assert.deepEqual(readdirSync(dirname(first)).sort(), ["greeter", HOST]);
  });

  it("comes from its environment variable if that is set", async () => {
    const cli = await resolveProgram("greeter", options());
    await pulumiLanguageHost(cli, options());
    const mine = greeter.script("host", "", "mine");
    const chosen = options({ EDGEFIRST_PULUMI_LANGUAGE_NODEJS: mine });
    assert.equal(await pulumiLanguageHost(cli, chosen), mine);
    assert.equal(await pulumiLanguageHost({ ...cli, origin: "path" }, chosen), mine);
  });
});
