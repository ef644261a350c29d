import assert from "node:assert/strict";
import { conditionsOf, meets } from "../../kube/conditions.ts";

describe("the conditions of an object", () => {
  it("are none until a controller sets them, also where the API server writes null", () => {
    for (const object of [
      undefined,
      {},
      { status: null },
      { status: {} },
      { status: { conditions: null } },
    ]) {
      assert.deepEqual(conditionsOf(object), []);
      assert.equal(meets(object, "Ready"), false);
    }
    assert.equal(meets({ status: { conditions: [{ type: "Ready", status: "True" }] } }, "Ready"), true);
  });
});
