import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const SIMULATE = join(import.meta.dirname, "../../tools/scripts/simulate/main.ts");
const STEPS = "1000";

/** A process of its own: the simulation replaces the engine for every module that it loads. */
async function simulate(...args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, [SIMULATE, "--steps", STEPS, ...args])).stdout;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe("the gate, simulated with random fleets and faults", function () {
  this.timeout(120_000);

  it("lets no stack run what its upstream stacks have not proven (npm run simulate for more steps)", async () => {
    const text = await simulate("--seed", "1");
    assert.match(text, /^Kept: 1000 steps in \d+ fleets, in which [1-9]\d* updates passed/);
  });

  it("is found broken once a hole is put back (npm run simulate -- --holes for all of them)", async () => {
    const text = await simulate("--seed", "1", "--hole", "1 a broken release excuses itself");
    assert.match(text, /^Broken at step \d+ \(seed 1, fleet \d+\): stack-. begins to run r\d+/);
  });
});
