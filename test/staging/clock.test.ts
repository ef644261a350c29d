import assert from "node:assert/strict";
import { clusterClock } from "../../staging/clock.ts";
import { FakeClock } from "../support/scripted-cluster.ts";

const HOUR_MS = 3_600_000;

describe("the cluster's clock", () => {
  for (const [offset, said] of [
    [2 * HOUR_MS, /7200 s behind/],
    [-2 * HOUR_MS, /7200 s ahead of/],
  ] as const)
    it(`is used if this machine's is ${-offset / HOUR_MS} hours off, and keeps running`, async () => {
      const own = new FakeClock();
      const lines: string[] = [];
      const clock = await clusterClock(
        () => Promise.resolve(own.now() + offset),
        (line) => lines.push(line),
        own,
      );
      await clock.sleep(1_000);
      assert.equal(clock.now(), own.now() + offset);
      assert.match(lines.join(), said);
    });

  it("is this machine's own if they differ by less than the precision of the header", async () => {
    const own = new FakeClock();
    const clock = await clusterClock(
      () => Promise.resolve(own.now() - 999),
      () => assert.fail("nothing to report"),
      own,
    );
    assert.equal(clock, own);
  });
});
