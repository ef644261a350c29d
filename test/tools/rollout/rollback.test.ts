import assert from "node:assert/strict";
import { rollbackTarget } from "../../../tools/rollout/rollback.ts";
import { outputsOf, revocation, verification } from "../../support/evidence.ts";

const C = verification("c3");
const B = verification("b2");
const A = verification("a1");

describe("rollback", () => {
  const main = { stack: "main", outputs: outputsOf("c3", [C]) };
  const edge = { stack: "edge", outputs: outputsOf("c3", [C, B, A]) };

  it("goes to the latest older release that the stack before has verified, and names its commit", () => {
    assert.deepEqual(rollbackTarget({ stack: main, before: [edge] }), {
      release: "b2",
      commit: "b20000",
      verified: [{ stack: "edge", time: B.time }],
    });
  });

  it("needs the word of every stack before", () => {
    const lab = { stack: "lab", outputs: outputsOf("a1", [A]) };
    assert.equal(rollbackTarget({ stack: main, before: [edge, lab] }).release, "a1");
  });

  it("of a stack that comes after none goes by its own evidence", () => {
    assert.equal(rollbackTarget({ stack: edge, before: [] }).release, "b2");
  });

  it("from a release that was never verified goes to the latest one that was", () => {
    const broken = { stack: "main", outputs: outputsOf("d4", [C]) };
    assert.equal(rollbackTarget({ stack: broken, before: [edge] }).release, "c3");
  });

  it("goes to the release or the commit that is asked for, also when it is cut short", () => {
    assert.equal(rollbackTarget({ stack: main, before: [edge], to: "a1" }).release, "a1");
    assert.equal(rollbackTarget({ stack: main, before: [edge], to: "a1000" }).release, "a1");
  });

  it("refuses what was never verified, what was revoked, and what is ambiguous", () => {
    const revoking = { stack: "edge", outputs: outputsOf("c3", [C], [revocation("b2")]) };
    assert.throws(
      () => rollbackTarget({ stack: main, before: [edge], to: "f9" }),
      /edge never verified f9[\s\S]*b2/,
    );
    assert.throws(() => rollbackTarget({ stack: main, before: [revoking], to: "b2" }), /b2 on edge failed/);
    assert.throws(
      () => rollbackTarget({ stack: main, before: [revoking] }),
      /no older release that edge verified/,
    );
    const twins = { stack: "edge", outputs: outputsOf("c3", [C, verification("ab1"), verification("ab2")]) };
    assert.throws(
      () => rollbackTarget({ stack: main, before: [twins], to: "ab" }),
      /more than one.*ab1, ab2/,
    );
  });

  it("refuses what no commit holds, and does not choose it by itself", () => {
    const dirty = verification("b2", { dirty: true });
    const source = { stack: "edge", outputs: outputsOf("c3", [C, dirty, A]) };
    assert.equal(rollbackTarget({ stack: main, before: [source] }).release, "a1");
    assert.throws(() => rollbackTarget({ stack: main, before: [source], to: "b2" }), /no commit holds/);
    const outside = { stack: "edge", outputs: outputsOf("c3", [C, verification("b2", { commit: null })]) };
    assert.throws(() => rollbackTarget({ stack: main, before: [outside] }), /outside of git/);
  });

  it("says what is missing where there is no evidence to read", () => {
    const never = { stack: "edge", outputs: {} };
    assert.throws(() => rollbackTarget({ stack: main, before: [never] }), /edge has never been brought up/);
  });
});
