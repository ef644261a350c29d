import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const PROJECT = join(import.meta.dirname, "../..");

describe("a Node that runs no TypeScript", () => {
  const read = (file: string): string => readFileSync(join(PROJECT, file), "utf8");
  /** What it prints for a file, started without the support that it has. */
  const run = (file: string): string =>
    spawnSync(process.execPath, ["--no-experimental-strip-types", join(PROJECT, file)], { encoding: "utf8" })
      .stderr;

  for (const [what, file, definition] of [
    ["the program", "main.js", "Pulumi.yaml"],
    ["the policy pack", "policy/main.cjs", "policy/PulumiPolicy.yaml"],
  ] as const)
    it(`is reported by ${what} before anything else`, () => {
      const { main } = parse(read(definition)) as { main: string };
      assert.equal(join(definition, "..", main), file);
      assert.match(run(file), /Error: edgefirst needs Node 22\.18 or later .*, but Pulumi ran Node \d+/);
      // It could not have loaded any of the program's modules.
      assert.match(run("index.ts"), /ERR_UNKNOWN_FILE_EXTENSION/);
    });

  it("is reported by the command", () => {
    assert.match(
      run("tools/cli/main.js"),
      /^edgefirst needs Node 22\.18 .*, but this is Node \d.*\nInstall .* npx edgefirst\n$/s,
    );
  });

  it("needs no other list of outputs", () => {
    const outputs = (file: string) => /export (?:const )?\{([^}]*)\}/.exec(read(file))?.[1]?.match(/\w+/g);
    assert.deepEqual(outputs("main.js"), outputs("index.ts"));
    assert.ok(outputs("main.js")?.includes("__provider"));
  });
});
