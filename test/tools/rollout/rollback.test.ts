import assert from "node:assert/strict";
import { rollbackTarget } from "../../../tools/rollout/rollback.ts";
import { outputsOf, revocation, verification } from "../../support/evidence.ts";

const C = verification("c3");
const B = verification("b2");
const A = verification("a1");

describe("rollback", () => {
  const main = { stack: "main", outputs: outputsOf("c3", [C]) };
  const edge = { stack: "edge", outputs: outputsOf("c3", [C, B, A]) };

  it("picks the latest older release that the upstream stack has verified, and names its commit", () => {
    assert.deepEqual(rollbackTarget({ stack: main, upstream: [edge] }), {
      release: "b2",
      commit: "b20000",
      verified: [{ stack: "edge", time: B.time }],
    });
  });

  it("requires every upstream stack to have verified it", () => {
    const lab = { stack: "lab", outputs: outputsOf("a1", [A]) };
    assert.equal(rollbackTarget({ stack: main, upstream: [edge, lab] }).release, "a1");
  });

  it("uses the stack's own evidence if it has no upstream stack", () => {
    assert.equal(rollbackTarget({ stack: edge, upstream: [] }).release, "b2");
  });

  it("picks the latest verified release if the current one was never verified", () => {
    const broken = { stack: "main", outputs: outputsOf("d4", [C]) };
    assert.equal(rollbackTarget({ stack: broken, upstream: [edge] }).release, "c3");
  });

  it("accepts a release or a commit, or a prefix of either", () => {
    assert.equal(rollbackTarget({ stack: main, upstream: [edge], to: "a1" }).release, "a1");
    assert.equal(rollbackTarget({ stack: main, upstream: [edge], to: "a1000" }).release, "a1");
  });

  it("never picks a release that a person has revoked, on the stack or on an upstream stack", () => {
    const given = { time: "2026-01-31T14:00:00Z", by: "bob@desk", reason: "it leaks memory" };
    const directives = { version: 1, entries: [{ ...given, kind: "revoke", release: "b2" }] };
    assert.equal(rollbackTarget({ stack: main, upstream: [{ ...edge, directives }] }).release, "a1");
    assert.equal(rollbackTarget({ stack: { ...main, directives }, upstream: [edge] }).release, "a1");
    assert.throws(
      () => rollbackTarget({ stack: { ...main, directives }, upstream: [edge], to: "b2" }),
      /Release b2 was revoked on stack main by bob@desk at .*: it leaks memory\nVerified releases: c3/,
    );
  });

  it("refuses an unverified, revoked or ambiguous release", () => {
    const revoking = { stack: "edge", outputs: outputsOf("c3", [C], [revocation("b2")]) };
    assert.throws(
      () => rollbackTarget({ stack: main, upstream: [edge], to: "f9" }),
      /edge never verified f9[\s\S]*b2/,
    );
    assert.throws(
      () => rollbackTarget({ stack: main, upstream: [revoking], to: "b2" }),
      /edge failed to verify b2/,
    );
    assert.throws(
      () => rollbackTarget({ stack: main, upstream: [revoking] }),
      /No older release was verified by edge/,
    );
    const twins = { stack: "edge", outputs: outputsOf("c3", [C, verification("ab1"), verification("ab2")]) };
    assert.throws(
      () => rollbackTarget({ stack: main, upstream: [twins], to: "ab" }),
      /more than one.*ab1, ab2/,
    );
  });

  it("refuses a release with uncommitted changes, and never picks one", () => {
    const dirty = verification("b2", { dirty: true });
    const source = { stack: "edge", outputs: outputsOf("c3", [C, dirty, A]) };
    assert.equal(rollbackTarget({ stack: main, upstream: [source] }).release, "a1");
    assert.throws(() => rollbackTarget({ stack: main, upstream: [source], to: "b2" }), /uncommitted changes/);
    const outside = { stack: "edge", outputs: outputsOf("c3", [C, verification("b2", { commit: null })]) };
    assert.throws(() => rollbackTarget({ stack: main, upstream: [outside] }), /outside a git repository/);
  });

  it("reports missing evidence", () => {
    const never = { stack: "edge", outputs: {} };
    assert.throws(() => rollbackTarget({ stack: main, upstream: [never] }), /edge has never been brought up/);
  });
});
