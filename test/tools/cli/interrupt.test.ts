import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const MODULE = join(import.meta.dirname, "../../../tools/cli/interrupt.ts");

/** Runs a command that ends 1.5 s after its interruption, and sends it signals. */
async function interrupted(again: string, signals: readonly (readonly [number, NodeJS.Signals])[]) {
  const script = `
    import { interruptible } from ${JSON.stringify(MODULE)};
    await interruptible({ ending: "ending", left: "left"${again} }, async (signal) => {
      console.log("ready");
      const alive = setInterval(() => undefined, 100);
      await new Promise((resolve) => signal.addEventListener("abort", () => setTimeout(resolve, 1500)));
      clearInterval(alive);
      console.log("done");
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child.stdout, "data");
  for (const [ms, signal] of signals) {
    await setTimeout(ms);
    child.kill(signal);
  }
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, lines: output.trim().split("\n").slice(1) };
}

describe("an interrupted command", () => {
  it("ends in good order after Ctrl-C or SIGTERM, and counts a signal that arrives twice only once", async () => {
    for (const [first, second] of [
      ["SIGINT", "SIGINT"],
      ["SIGTERM", "SIGINT"],
    ] as const)
      assert.deepEqual(
        await interrupted("", [
          [0, first],
          [100, second],
        ]),
        { code: 130, signal: null, lines: ["ending", "done"] },
      );
  });

  it("stops at once at a second Ctrl-C, unless it has to finish", async () => {
    const twice = [
      [0, "SIGINT"],
      [900, "SIGINT"],
    ] as const;
    assert.deepEqual(await interrupted("", twice), { code: null, signal: "SIGINT", lines: ["ending"] });
    assert.deepEqual(await interrupted(', again: "still ending"', twice), {
      code: 130,
      signal: null,
      lines: ["ending", "still ending", "done"],
    });
  });
});
