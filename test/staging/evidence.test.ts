import assert from "node:assert/strict";
import {
  EVIDENCE_VERSION,
  readEvidence,
  standingOf,
  withRevoked,
  withVerified,
  type Evidence,
  type Verification,
} from "../../staging/evidence.ts";
import { evidenceLine } from "../../staging/verification-summary.ts";
import { movement } from "../../staging/movement.ts";

const subject = { cluster: { context: "edge", uid: "u-1" }, gatus: null };

function record(release: string, minute = 0): Verification {
  const time = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  return {
    release,
    commit: "c".repeat(40),
    dirty: false,
    time,
    soak: 5,
    checks: [],
    manifests: {},
    digest: "d",
    gitops: null,
  };
}

const pass = (of: Verification) => ({ record: of, checks: {} });
const failures = [{ check: "rollouts", object: "Deployment a/b", message: "0 of 1 available" }];

const CHECK = { id: "flux", objects: 1, notes: [], unhealthyBefore: [] };

function verifiedInTurn(...releases: string[]): Evidence {
  return releases.reduce<Evidence | undefined>(
    (evidence, release, minute) => withVerified(evidence, subject, pass(record(release, minute))),
    undefined,
  )!;
}

describe("evidence", () => {
  it("survives a round trip through JSON", () => {
    const evidence = withRevoked(verifiedInTurn("a"), subject, { ...record("b"), failures });
    const read = readEvidence("edge", {
      release: "b",
      evidence: JSON.parse(JSON.stringify(evidence)) as unknown,
    });
    assert.deepEqual(read, { state: "present", evidence });
  });

  it("that does not exist is explained: an inconclusive first update, or a program without verification", () => {
    const line = evidenceLine("a", undefined);
    assert.deepEqual(readEvidence("edge", { release: "a", evidence: line }), {
      state: "none",
      message: "Stack edge has no evidence, because no verification of it has had a result yet.",
    });
    assert.match(
      (readEvidence("edge", { release: "a" }) as { message: string }).message,
      /a version of the program that does not verify updates\.$/,
    );
  });

  it("counts the age of a release from its first verification, while the stack runs nothing else", () => {
    const first = record("a").time;
    const again = withVerified(verifiedInTurn("a"), subject, pass(record("a", 5)));
    assert.deepEqual([again.verified[0]?.time, again.verified[0]?.since], [record("a", 5).time, first]);
    const returned = withVerified(verifiedInTurn("a", "b"), subject, pass(record("a", 5)));
    assert.equal(returned.verified[0]?.since, record("a", 5).time);
    const broken = withRevoked(verifiedInTurn("a"), subject, { ...record("b", 2), failures });
    const fixed = withVerified(broken, subject, pass(record("a", 5)));
    assert.equal(fixed.verified[0]?.since, record("a", 5).time);
  });

  it("reads what a newer program wrote, and keeps what it does not know", () => {
    const newer = {
      ...verifiedInTurn("a"),
      version: 7,
      signature: "s",
      cluster: { ...subject.cluster, region: "eu" },
      gatus: { url: "https://status.example.com", group: "apps" },
      verified: [{ ...record("a"), attested: true, checks: [{ ...CHECK, outcome: "postponed" }] }],
    };
    const read = readEvidence("edge", { evidence: newer });
    assert.ok(read.state === "present");
    const next = withVerified(read.evidence, subject, pass(record("b", 1)));
    assert.deepEqual([next.version, (next as { signature?: string }).signature], [EVIDENCE_VERSION, "s"]);
    assert.deepEqual(next.verified[1], newer.verified[0]);
  });

  it("remembers which objects the last verification that passed found, even after a failure", () => {
    const checks = { flux: { held: ["Kustomization a/b"], own: [], unhealthy: [] } };
    const passed = withVerified(undefined, subject, { record: record("a"), checks });
    const failed = withRevoked(passed, subject, { ...record("a", 2), failures });
    assert.deepEqual(failed.lastPass, { release: "a", time: record("a").time, revision: null, checks });
  });

  it("keeps the last ten verified releases, latest first, each listed once", () => {
    const names = Array.from({ length: 12 }, (_, index) => `r${index}`);
    const { verified } = verifiedInTurn(...names, "r5");
    assert.deepEqual(
      verified.map(({ release }) => release),
      ["r5", "r11", "r10", "r9", "r8", "r7", "r6", "r4", "r3", "r2"],
    );
  });

  it("revokes a verified release that fails, and no other", () => {
    const evidence = withRevoked(verifiedInTurn("a", "b"), subject, { ...record("b", 9), failures });
    assert.equal(standingOf(evidence, "b").state, "revoked");
    assert.equal(standingOf(evidence, "a").state, "verified");
    assert.equal(standingOf(evidence, "c").state, "unknown");
  });

  it("keeps verified releases however many failures follow", () => {
    let evidence = verifiedInTurn("good");
    for (let index = 0; index < 15; index++)
      evidence = withRevoked(evidence, subject, { ...record(`bad${index}`), failures });
    assert.equal(standingOf(evidence, "good").state, "verified");
    assert.equal(evidence.revoked.length, 10);
  });

  it("reinstates a revoked release once it passes again", () => {
    const revoked = withRevoked(verifiedInTurn("a"), subject, { ...record("a"), failures });
    const evidence = withVerified(revoked, subject, pass(record("a", 3)));
    assert.equal(standingOf(evidence, "a").state, "verified");
    assert.deepEqual(evidence.revoked, []);
  });

  it("is read from its hidden output, and from the visible one where older programs wrote it", () => {
    const evidence = verifiedInTurn("a");
    const state = (outputs: Record<string, unknown>) =>
      readEvidence("edge", { release: "a", ...outputs }).state;
    assert.equal(state({ __evidence: evidence, evidence: "release a was verified" }), "present");
    assert.equal(state({ evidence }), "present");
    assert.equal(state({ evidence: "release a is not verified" }), "none");
  });

  it("has a line for the outputs of an update", () => {
    const evidence = withRevoked(verifiedInTurn("a"), subject, {
      ...record("b", 2),
      failures: [...failures, ...failures],
    });
    assert.deepEqual(
      ["a", "b", "c"].map((release) => evidenceLine(release, evidence)),
      [
        "release a was verified at 2026-01-01T00:00:00.000Z after a soak of 5 s",
        "release b failed its verification at 2026-01-01T00:02:00.000Z: 2 failures, the first of them Deployment a/b",
        "release c is not verified",
      ],
    );
    const weak = withVerified(undefined, subject, pass({ ...record("a"), dirty: true }));
    assert.match(evidenceLine("a", weak), /, 1 point not proven$/);
  });

  it("distinguishes a stack that never ran, missing evidence, an unknown format and invalid evidence", () => {
    assert.equal(readEvidence("edge", {}).state, "neverRan");
    assert.equal(readEvidence("edge", { release: "a" }).state, "none");
    const other = readEvidence("edge", { evidence: { version: 0 } });
    assert.ok(other.state === "unreadable" && other.message.includes("format 0"));
    const invalid = readEvidence("edge", {
      evidence: { version: 1, ...subject, verified: "no", revoked: [], revisions: [] },
    });
    assert.ok(invalid.state === "unreadable" && invalid.message.includes("is invalid"));
  });

  it("allows a move back only to a release that the stack itself has verified", () => {
    const own = verifiedInTurn("a", "b");
    const to = (release: string, current: string | undefined = "b", evidence: Evidence | undefined = own) =>
      movement({ own: evidence, current, release, manifests: {} });
    assert.deepEqual([to("a"), to("b"), to("c")], ["back", "same", "forward"]);
    assert.equal(movement({ own: undefined, current: "b", release: "a", manifests: {} }), "forward");
    const other = { own, current: undefined, release: "b", manifests: { flux: "x" } };
    assert.equal(movement(other), "forward", "the same release with a different manifest");
    const revoked = withRevoked(own, subject, { ...record("a", 9), failures });
    assert.equal(to("a", "b", revoked), "forward");
  });

  it("keeps the repository revisions with which releases passed, in the order of their first pass", () => {
    const gitops = (revision: string) => ({ kind: "OCIRepository", url: "oci://x/y", revision }) as const;
    let evidence: Evidence | undefined;
    for (const revision of ["1", "2", "1", "3"])
      evidence = withVerified(evidence, subject, pass({ ...record("a"), gitops: gitops(revision) }));
    assert.deepEqual(
      evidence?.revisions.map(({ revision }) => revision),
      ["3", "2", "1"],
    );
  });
});
