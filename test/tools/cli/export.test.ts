import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryDirectory } from "../../support/temporary.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");

describe("edgefirst export", function () {
  this.timeout(60_000);
  const directory = temporaryDirectory("edgefirst-export-");
  before(() => {
    writeFileSync(join(directory, "Pulumi.yaml"), "name: platform\nruntime: nodejs\n");
    writeFileSync(
      join(directory, "Pulumi.edge.yaml"),
      "config:\n  edgefirst:cluster: { context: admin@edge }\n",
    );
    writeFileSync(join(directory, "Pulumi.main.yaml"), "config:\n  edgefirst:after: [edge]\n");
  });

  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [MAIN, "export", ...args], { cwd: directory })).stdout;
  const operator = (...flags: string[]): Promise<string> =>
    run("operator", "--repo", "https://example.com/platform", "--image", "example.com/pulumi:1", ...flags);

  it("operator: needs the organization for Pulumi Cloud, also at an address of its own, and knows that of other backends", async () => {
    for (const flags of [[], ["--backend", "https://pulumi.example.com"]])
      await assert.rejects(operator(...flags), {
        code: 2,
        stderr: /needs the organization that owns the stacks\.\n.*--organization NAME/,
      });
    assert.match(await operator("--organization", "acme"), /^ {2}stack: acme\/platform\/main$/m);
    assert.match(await operator("--backend", "s3://state"), /^ {2}stack: organization\/platform\/main$/m);
    await assert.rejects(operator("--backend", "s3://state", "--organization", "acme"), {
      code: 2,
      stderr: /The backend s3:\/\/state has no organizations, so its stacks do not belong to acme\./,
    });
  });

  it("github: names the contexts in the stacks' files", async () => {
    const text = await run("github", "--branch", "main");
    assert.match(text, /^# {3}edge {2}admin@edge$/m);
    assert.match(text, /^# {3}main {2}main, and for its gate admin@edge$/m);
  });
});
