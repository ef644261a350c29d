import assert from "node:assert/strict";
import {
  isForward,
  readEvidence,
  standingOf,
  withRevoked,
  withVerified,
  type Evidence,
  type Verification,
} from "../../rollout/evidence.ts";

const cluster = { context: "edge", uid: "u-1" };

function record(release: string, minute = 0): Verification {
  const time = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  return {
    release,
    commit: "c".repeat(40),
    dirty: false,
    time,
    soak: 5,
    checks: [],
    digest: "d",
    gitops: null,
  };
}

const failures = [{ check: "rollouts", object: "Deployment a/b", message: "0 of 1 available" }];

function verifiedInTurn(...releases: string[]): Evidence {
  return releases.reduce<Evidence | undefined>(
    (evidence, release, minute) => withVerified(evidence, cluster, record(release, minute)),
    undefined,
  )!;
}

describe("evidence", () => {
  it("survives its way through JSON", () => {
    const evidence = withRevoked(verifiedInTurn("a"), cluster, { ...record("b"), failures });
    const read = readEvidence("edge", {
      release: "b",
      evidence: JSON.parse(JSON.stringify(evidence)) as unknown,
    });
    assert.deepEqual(read, { state: "present", evidence });
  });

  it("keeps the last ten verified releases, the latest first, each once", () => {
    const names = Array.from({ length: 12 }, (_, index) => `r${index}`);
    const { verified } = verifiedInTurn(...names, "r5");
    assert.deepEqual(
      verified.map(({ release }) => release),
      ["r5", "r11", "r10", "r9", "r8", "r7", "r6", "r4", "r3", "r2"],
    );
  });

  it("revokes a verified release that fails, and no other", () => {
    const evidence = withRevoked(verifiedInTurn("a", "b"), cluster, { ...record("b", 9), failures });
    assert.equal(standingOf(evidence, "b").state, "revoked");
    assert.equal(standingOf(evidence, "a").state, "verified");
    assert.equal(standingOf(evidence, "c").state, "unknown");
  });

  it("lets many failures push no verified release out", () => {
    let evidence = verifiedInTurn("good");
    for (let index = 0; index < 15; index++)
      evidence = withRevoked(evidence, cluster, { ...record(`bad${index}`), failures });
    assert.equal(standingOf(evidence, "good").state, "verified");
    assert.equal(evidence.revoked.length, 10);
  });

  it("takes a revoked release back once it passes again", () => {
    const revoked = withRevoked(verifiedInTurn("a"), cluster, { ...record("a"), failures });
    const evidence = withVerified(revoked, cluster, record("a", 3));
    assert.equal(standingOf(evidence, "a").state, "verified");
    assert.deepEqual(evidence.revoked, []);
  });

  it("tells apart a stack that never ran, one without evidence, another format and damage", () => {
    assert.equal(readEvidence("edge", {}).state, "neverRan");
    assert.equal(readEvidence("edge", { release: "a" }).state, "none");
    const other = readEvidence("edge", { evidence: { version: 0 } });
    assert.ok(other.state === "unreadable" && other.message.includes("format 0"));
    const damaged = readEvidence("edge", { evidence: { version: 1, cluster, verified: "no", revoked: [] } });
    assert.ok(damaged.state === "unreadable" && damaged.message.includes("damaged"));
  });

  it("calls a move forward all but the same release and an older one", () => {
    const before = verifiedInTurn("a", "b");
    assert.equal(isForward(before, "a", "b"), true);
    assert.equal(isForward(before, "b", "a"), false);
    assert.equal(isForward(before, "b", "b"), false);
    assert.equal(isForward(before, undefined, "a"), true);
    assert.equal(isForward(before, "forgotten", "a"), true);
  });
});
