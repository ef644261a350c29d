import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const CLI = join(import.meta.dirname, "../../tools/cli/main.js");

describe("a machine without a folder for temporary files", function () {
  this.timeout(60_000);

  for (const args of [
    ["diff", "HEAD", "HEAD"],
    ["migrate", "oci", "test/fixtures/repositories/kinds", "--verify-with-flux"],
  ]) {
    it(`is named by ${args.slice(0, 2).join(" ")}, with a remedy`, () => {
      const env = { ...process.env, TMPDIR: "/nowhere" };
      const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
        encoding: "utf8",
        env,
        timeout: 50_000,
      });
      assert.match(
        stderr,
        /No temporary files can be written: .*'\/nowhere\/edgefirst-.*\nSet TMPDIR to a folder/,
      );
      assert.doesNotMatch(stderr, /\n +at /);
      assert.notEqual(status, 0);
    });
  }
});
