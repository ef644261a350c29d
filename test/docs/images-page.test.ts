import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadPins } from "../../config/pins.ts";

describe("docs/reference/images.md", () => {
  it("says of every image that a stack deploys, and of no other, what vouches for it", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/reference/images.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(\S+)` +\|/gm)].map(([, image]) => image);
    const images = Object.values(loadPins().images).map((image) => image.replace(/:[^:@]+@.*$/, ""));
    assert.deepEqual(rows.sort(), images.sort());
  });
});
