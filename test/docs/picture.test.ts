import assert from "node:assert/strict";
import { picture } from "../../tools/scripts/picture.ts";
import { readTree } from "./tree.ts";

describe("docs/images/edge-first.svg", () => {
  it("is as tools/scripts/picture.ts draws it (npm run docs)", () => {
    assert.equal(readTree("docs/images/edge-first.svg"), picture());
  });

  it("has colours for light and for dark pages, and a title for screen readers", () => {
    const drawing = picture();
    assert.match(drawing, /@media \(prefers-color-scheme: dark\)/);
    assert.match(drawing, /<title id="title">.+<\/title>/);
    for (const word of ["edge", "soak", "evidence", "gate", "main"]) assert.ok(drawing.includes(`>${word}<`));
  });
});
