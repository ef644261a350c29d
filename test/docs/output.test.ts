import assert from "node:assert/strict";
import { firstDifference, masked } from "./output.ts";

describe("outputs on pages, compared with real ones", () => {
  it("masks times, durations, hashes and places, and nothing else", () => {
    assert.equal(
      masked("edge  0f1e2d3c4b5a  verified at 2026-01-02T03:04:05.678Z (30 s of soak)"),
      "edge <hash> verified at <time> (<duration> of soak)",
    );
    assert.equal(masked("Duration: 1m12s, 27 objects, v1.4.1"), "Duration: <duration>, 27 objects, v1.4.1");
  });

  it("lets an ellipsis stand for lines, and for the rest of a line", () => {
    assert.equal(firstDifference("a\n…\nd", "a\nb\nc\nd"), undefined);
    assert.equal(firstDifference("a one…", "a one two"), undefined);
    assert.equal(firstDifference("a\n…", "a\nb"), undefined);
  });

  it("names the first line that differs, is missing or is left over", () => {
    assert.match(firstDifference("a\nb", "a\nc") ?? "", /expected: b\nbut found: c/);
    assert.match(firstDifference("a\n…\nz", "a\nb") ?? "", /expected: z/);
    assert.match(firstDifference("a", "a\nb") ?? "", /expected the end, but found: b/);
  });
});
