import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/temporary.ts";

const SCRIPT = join(import.meta.dirname, "../../../tools/scripts/side-by-side.ts");

describe("commands side by side, as in npm test", () => {
  const folder = temporaryDirectory("edgefirst-side-by-side-");
  const run = (...commands: readonly string[]) => {
    const options = { cwd: folder, encoding: "utf8", timeout: 9_000 } as const;
    const { status, stdout } = spawnSync(process.execPath, [SCRIPT, ...commands], options);
    return { status, stdout };
  };

  it("run at the same time, and print their output in order and nothing after it", () => {
    const first = "until [ -e second ]; do sleep 0.1; done; echo checks…";
    assert.deepEqual(run(first, "touch second; echo 2 passed"), {
      status: 0,
      stdout: "checks…\n2 passed\n",
    });
  });

  it("fail if any of them fails, after all have ended", () => {
    const outputs = { status: 1, stdout: "checks\n2 passed\n" };
    assert.deepEqual(run("echo checks >&2; exit 3", "sleep 0.2; echo 2 passed"), outputs);
    assert.deepEqual(run("echo checks", "echo 2 passed; exit 1"), outputs);
  });
});
