import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { rootBehindShim } from "../../../tools/rollout/cli-root.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("the CLI on PATH", () => {
  let dir: string;
  beforeEach(() => {
    dir = temporaryDirectory("edgefirst-cli-root-");
    mkdirSync(join(dir, "bin"));
  });

  /** Puts a package on PATH whose script is linked as npm links it. */
  function installed(script: string, files: Record<string, string>): void {
    const home = join(dir, "package");
    mkdirSync(join(home, "lib"), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(home, name), content);
    symlinkSync(join(home, script), join(dir, "bin/pulumi"));
  }
  const root = () => rootBehindShim(["/nowhere", join(dir, "bin"), "/usr/bin"].join(delimiter));

  it("is the one that npm's script would start", async () => {
    installed("run.js", {
      "run.js": "",
      "lib/resolve.js": 'exports.resolve = async () => "/home/me/.pulumi/versions/3.0.0/bin/pulumi";',
    });
    assert.equal(await root(), "/home/me/.pulumi/versions/3.0.0");
  });

  it("is missed with what to do if npm's script cannot download it", async () => {
    installed("run.js", {
      "run.js": "",
      "lib/resolve.js": 'exports.resolve = async () => { throw new Error("fetch failed"); };',
    });
    const script = join(dir, "bin/pulumi");
    await assert.rejects(root(), {
      name: "EdgefirstError",
      message: `${script} could not download the Pulumi CLI: Error: fetch failed\nLet this machine reach get.pulumi.com once. If a CLI is installed, delete ${script}, which npx puts before it on PATH.`,
    });
  });

  it("is used unchanged if it is the CLI itself, or another script", async () => {
    assert.equal(await root(), undefined);
    writeFileSync(join(dir, "bin/pulumi"), "");
    assert.equal(await root(), undefined);
    rmSync(join(dir, "bin/pulumi"));
    installed("run.js", { "run.js": "" });
    assert.equal(await root(), undefined);
  });
});
