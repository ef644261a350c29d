import assert from "node:assert/strict";
import { ago, duration, parseDuration, shortDuration } from "../../lib/duration.ts";

describe("durations", () => {
  it("are read in Flux's format", () => {
    assert.deepEqual(
      ["1h30m", "90s", "1.5s", "250ms", "5d"].map(parseDuration),
      [5_400_000, 90_000, 1_500, 250, 0],
    );
  });

  it("use their largest whole unit in a table", () => {
    assert.deepEqual([5, 60, 7_199, 172_800].map(shortDuration), ["5s", "1m", "1h", "2d"]);
    assert.equal(ago(new Date(0), new Date(3_600_000)), "1h ago");
    assert.equal(ago(new Date(10_000), new Date(0)), "0s ago", "clocks that differ");
  });

  it("are spelled out in a sentence", () => {
    assert.deepEqual([0, 45, 60, 200].map(duration), ["0 s", "45 s", "1 min", "3 min 20 s"]);
  });
});
