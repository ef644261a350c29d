import assert from "node:assert/strict";
import { omit, omitUndefined } from "../../lib/omit.ts";

describe("omit", () => {
  it("leaves out the named fields, and leaves the original alone", () => {
    const original = { a: 1, b: 2, c: 3 };
    assert.deepEqual(omit(original, "b", "c", "absent"), { a: 1 });
    assert.deepEqual(original, { a: 1, b: 2, c: 3 });
  });

  it("leaves out undefined fields, but neither null nor empty ones", () => {
    assert.deepEqual(Object.keys(omitUndefined({ a: undefined, b: null, c: "", d: 0 })), ["b", "c", "d"]);
  });
});
