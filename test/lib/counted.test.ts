import assert from "node:assert/strict";
import { agreeing, counted, named } from "../../lib/counted.ts";

describe("a number in a sentence", () => {
  it("agrees with its noun", () => {
    assert.deepEqual([counted(1, "file"), counted(2, "file")], ["1 file", "2 files"]);
    assert.deepEqual(
      [named(["a"], "class", "classes"), named(["a", "b"], "class", "classes")],
      ["class a", "classes a, b"],
    );
  });

  it("agrees with the verb", () => {
    assert.deepEqual([agreeing(["a"], "is", "are"), agreeing(["a", "b"], "is", "are")], ["a is", "a, b are"]);
  });
});
