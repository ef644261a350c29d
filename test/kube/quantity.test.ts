import assert from "node:assert/strict";
import { quantity } from "../../kube/quantity.ts";

describe("a quantity", () => {
  for (const [written, number] of [
    ["10Gi", 10 * 2 ** 30],
    ["500m", 0.5],
    ["1e3", 1000],
    ["1E", 1e18],
    [".5", 0.5],
    [2, 2],
    ["", undefined],
    ["10GiB", undefined],
    ["5constructor", undefined],
    [null, undefined],
  ] as const)
    it(`is ${String(number)} for ${JSON.stringify(written)}`, () => {
      assert.equal(quantity(written), number);
    });
});
