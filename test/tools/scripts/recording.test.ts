import assert from "node:assert/strict";
import { recording } from "../../../tools/scripts/recording.ts";

const delaysOf = (svg: string): number[] =>
  [...svg.matchAll(/@keyframes l\d+\{0%\{opacity:0\}([\d.]+)%/g)].map(([, percent]) => Number(percent));

describe("the recording of a terminal", () => {
  it("shows every line, in order, escaped and wrapped", () => {
    const svg = recording([
      { at: 0, text: "$ edgefirst tour" },
      { at: 10, text: "a < b & c" },
      { at: 20, text: "x".repeat(150) },
      { at: 30, text: "" },
    ]);
    const texts = [...svg.matchAll(/<text y="(\d+)"[^>]*>([^<]*)<\/text>/g)].map(([, , text]) => text);
    assert.deepEqual(texts, ["$ edgefirst tour", "a &lt; b &amp; c", "x".repeat(108), "x".repeat(42), ""]);
    const delays = delaysOf(svg);
    assert.deepEqual(
      delays,
      [...delays].sort((one, other) => one - other),
    );
  });

  it("shortens long pauses", () => {
    const svg = recording([
      { at: 0, text: "start" },
      { at: 600_000, text: "end" },
    ]);
    const total = Number(/animation-duration:(\d+)ms/.exec(svg)![1]);
    assert(total < 10_000, `${total} ms`);
  });

  it("scrolls once the screen is full", () => {
    const lines = Array.from({ length: 30 }, (_, index) => ({ at: index, text: String(index) }));
    assert.equal([...recording(lines).matchAll(/translateY\(-(\d+)px\)\}/g)].length, 9);
    assert.doesNotMatch(recording(lines.slice(0, 5)), /translateY\(-17/);
  });
});
