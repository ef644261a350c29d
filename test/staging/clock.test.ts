import assert from "node:assert/strict";
import { clusterClock, SYSTEM_CLOCK } from "../../staging/clock.ts";
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

  it("may differ by two seconds, but not by more", async () => {
    for (const [offset, reports] of [
      [2_000, 0],
      [2_001, 1],
      [-2_000, 0],
      [-2_001, 1],
    ] as const) {
      const lines: string[] = [];
      const own = new FakeClock();
      await clusterClock(
        () => Promise.resolve(own.now() + offset),
        (line) => lines.push(line),
        own,
      );
      assert.equal(lines.length, reports, `${offset}`);
    }
  });

  for (const [when, slept] of [
    ["before", true],
    ["after", false],
  ] as const)
    it(`is this machine's own if the machine slept ${when} the cluster's response, even each time`, async () => {
      for (const times of [1, 3]) {
        const own = new FakeClock();
        let asked = 0;
        const time = async (): Promise<number> => {
          const sleeps = ++asked <= times;
          if (sleeps && slept) await own.sleep(2 * HOUR_MS);
          const theirs = own.now();
          if (sleeps && !slept) await own.sleep(2 * HOUR_MS);
          return theirs;
        };
        assert.equal(await clusterClock(time, () => assert.fail("nothing to report"), own), own);
        assert.equal(asked, Math.min(times + 1, 3));
      }
    });

  it("is measured again after a slow response", async () => {
    const own = new FakeClock();
    let isFirst = true;
    const time = async (): Promise<number> => {
      if (isFirst) await own.sleep(8_000);
      isFirst = false;
      return own.now() + HOUR_MS;
    };
    const clock = await clusterClock(time, () => undefined, own);
    assert.equal(clock.now(), own.now() + HOUR_MS);
  });

  it("waits on this machine's clock, which a signal ends", async () => {
    const slept: unknown[] = [];
    const own = {
      now: () => 0,
      sleep: (...args: unknown[]) => {
        slept.push(args);
        return Promise.resolve();
      },
    };
    const clock = await clusterClock(
      () => Promise.resolve(HOUR_MS),
      () => undefined,
      own,
    );
    const { signal } = new AbortController();
    await clock.sleep(5, signal);
    assert.deepEqual(slept, [[5, signal]]);
  });
});

describe("this machine's clock", () => {
  it("agrees with the system's, and waits", async () => {
    const before = Date.now();
    await SYSTEM_CLOCK.sleep(20);
    const now = SYSTEM_CLOCK.now();
    assert.ok(now >= before + 19 && now <= Date.now(), `${now - before}`);
  });

  it("stops waiting without an error if the signal is aborted, before or during the wait", async () => {
    const during = new AbortController();
    setTimeout(() => {
      during.abort();
    }, 5);
    await SYSTEM_CLOCK.sleep(60_000, during.signal);
    await SYSTEM_CLOCK.sleep(60_000, AbortSignal.abort());
  });

  it("reports a wait that is not possible", async () => {
    await assert.rejects(SYSTEM_CLOCK.sleep(1, {} as AbortSignal), { code: "ERR_INVALID_ARG_TYPE" });
  });
});
