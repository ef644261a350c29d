import assert from "node:assert/strict";
import { unprovenBy, weaknessesOf } from "../../staging/weaknesses.ts";
import { check, verification } from "../support/evidence.ts";

describe("the weaknesses of a proof", () => {
  it("are none if everything was checked, from a clean commit, with a soak", () => {
    assert.deepEqual(weaknessesOf(verification("r1", { checks: [check({})] })), []);
  });

  it("name a checkout without a commit, and one with uncommitted changes", () => {
    assert.deepEqual(weaknessesOf(verification("r1", { commit: null })), [
      "the checkout was not in a git repository",
    ]);
    assert.deepEqual(weaknessesOf(verification("r1", { dirty: true })), [
      "the checkout had uncommitted changes",
    ]);
  });

  it("join the reasons of a check that did not run", () => {
    assert.deepEqual(unprovenBy(check({ outcome: "notChecked", notes: ["No controller.", "No CRDs."] })), [
      "not checked: flux: No controller. No CRDs.",
    ]);
  });

  it("name a check that had nothing to check, with a reason if there is one", () => {
    assert.deepEqual(unprovenBy(check({ outcome: "nothing" })), ["nothing to check: flux"]);
    assert.deepEqual(unprovenBy(check({ outcome: "nothing", notes: ["No Gatus."] })), [
      "nothing to check: flux: No Gatus.",
    ]);
  });

  it("repeat the notes of a check that held, and of one that failed", () => {
    for (const outcome of ["held", "failed"] as const)
      assert.deepEqual(unprovenBy(check({ outcome, notes: ["a is suspended."] })), ["flux: a is suspended."]);
  });
});
