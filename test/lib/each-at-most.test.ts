import assert from "node:assert/strict";
import { eachAtMost } from "../../lib/each-at-most.ts";

/** Resolves when the test says so. */
const step = () => Promise.withResolvers<undefined>();

describe("eachAtMost", () => {
  it("starts the items in order, and the next one as soon as one ends", async () => {
    const steps = [step(), step(), step(), step()];
    const started: number[] = [];
    const all = eachAtMost(2, [0, 1, 2, 3], async (index) => {
      started.push(index);
      await steps[index]!.promise;
    });
    assert.deepEqual(started, [0, 1]);
    steps[1]!.resolve(undefined);
    await new Promise(setImmediate);
    assert.deepEqual(started, [0, 1, 2]);
    steps[0]!.resolve(undefined);
    steps[2]!.resolve(undefined);
    await new Promise(setImmediate);
    assert.deepEqual(started, [0, 1, 2, 3]);
    steps[3]!.resolve(undefined);
    await all;
  });

  it("fails with the first error", async () => {
    await assert.rejects(
      eachAtMost(1, ["a", "b"], (item) => Promise.reject(new Error(item))),
      /^Error: a$/,
    );
  });
});
