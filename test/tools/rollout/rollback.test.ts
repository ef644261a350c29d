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

  describe("explains in full", () => {
    const LISTED = "Verified releases: c3 (commit c30000), b2 (commit b20000), a1 (commit a10000).";
    const refuses = (args: Parameters<typeof rollbackTarget>[0], ...lines: string[]) => {
      assert.throws(() => rollbackTarget(args), { name: "EdgefirstError", message: lines.join("\n") });
    };

    it("that a release cannot be checked out again", () => {
      const dirty = { stack: "edge", outputs: outputsOf("c3", [C, verification("b2", { dirty: true })]) };
      refuses(
        { stack: main, upstream: [dirty] },
        "Release b2 was verified from a checkout with uncommitted changes, so it cannot be checked out again.",
        "Name another release with --to.",
      );
    });

    it("that a stack has no evidence", () => {
      refuses(
        { stack: main, upstream: [{ stack: "edge", outputs: {} }] },
        "Stack edge has never been brought up.",
        "Without evidence there is no older release to roll back to.",
      );
    });

    it("that no older release was verified by all upstream stacks", () => {
      const lab = { stack: "lab", outputs: outputsOf("c3", [C]) };
      refuses(
        { stack: main, upstream: [edge, lab] },
        "No older release was verified by edge and lab.",
        "A stack keeps its last ten verified releases; edgefirst status --json lists them.",
      );
    });

    it("which releases were verified, with the start of each commit", () => {
      refuses(
        { stack: main, upstream: [edge], to: "f9" },
        "edge never verified f9, so the stack cannot be rolled back to it.",
        LISTED,
      );
      const long = verification("c3", { commit: "0123456789abcdef" });
      refuses(
        { stack: main, upstream: [{ stack: "edge", outputs: outputsOf("c3", [long]) }], to: "f9" },
        "edge never verified f9, so the stack cannot be rolled back to it.",
        "Verified releases: c3 (commit 0123456789ab).",
      );
    });

    it("that no release was verified, or one outside a git repository", () => {
      const failed = { stack: "edge", outputs: outputsOf("b2", [], [revocation("b2")]) };
      refuses(
        { stack: main, upstream: [failed], to: "b2" },
        "edge failed to verify b2, so the stack cannot be rolled back to it.",
        "Verified releases: none.",
      );
      const outside = { stack: "edge", outputs: outputsOf("c3", [verification("c3", { commit: null })]) };
      refuses(
        { stack: main, upstream: [outside], to: "f9" },
        "edge never verified f9, so the stack cannot be rolled back to it.",
        "Verified releases: c3 (commit unknown).",
      );
    });
  });

  it("gives the time at which each upstream stack verified the release", () => {
    const late = verification("b2", { time: "2026-01-31T15:00:00Z" });
    const lab = { stack: "lab", outputs: outputsOf("b2", [late]) };
    assert.deepEqual(rollbackTarget({ stack: main, upstream: [edge, lab] }).verified, [
      { stack: "edge", time: B.time },
      { stack: "lab", time: "2026-01-31T15:00:00Z" },
    ]);
  });

  it("compares only the start of a release and of a commit", () => {
    for (const to of ["2", "0000"])
      assert.throws(() => rollbackTarget({ stack: main, upstream: [edge], to }), /never verified/);
  });

  it("blames a person only for the release that was asked for", () => {
    const given = { time: "2026-01-31T14:00:00Z", by: "bob@desk", reason: "it leaks memory" };
    const revoke = { ...given, kind: "revoke", release: "b2" };
    const directives = { version: 1, entries: [revoke] };
    const stack = { ...main, directives };
    assert.throws(() => rollbackTarget({ stack, upstream: [edge], to: "f9" }), /edge never verified f9/);
    assert.throws(() => rollbackTarget({ stack, upstream: [edge], to: "b" }), /Release b2 was revoked/);
    const restored = { version: 1, entries: [{ ...given, kind: "restore", release: "b2" }, revoke] };
    const failed = { stack: "edge", outputs: outputsOf("c3", [C], [revocation("b2")]) };
    assert.throws(
      () => rollbackTarget({ stack: { ...main, directives: restored }, upstream: [failed], to: "b2" }),
      /edge failed to verify b2/,
    );
  });
});
