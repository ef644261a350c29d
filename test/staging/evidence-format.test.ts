import assert from "node:assert/strict";
import { readEvidence, type Evidence } from "../../staging/evidence.ts";

const RECORD = {
  release: "r2",
  commit: "c0ffee",
  dirty: false,
  time: "2026-01-31T12:00:00Z",
  since: "2026-01-30T12:00:00Z",
  soak: 300,
  checks: [{ id: "flux", outcome: "held", objects: 1, notes: ["n"], unhealthyBefore: ["o"] }],
  manifests: { gateway: "sha" },
  ownerRows: [{ file: "charts.yaml", sha256: "sha", rows: 1 }],
  digest: "d",
  gitops: { kind: "GitRepository", url: "https://example.com/repo", revision: "main@sha1:1" },
  settings: { placement: "shared" },
  differences: [{ stack: "edge", setting: "s", there: "a", here: "b", accepted: "why" }],
  override: { reason: "why", expires: "2026-02-01T00:00:00Z" },
  ignored: [{ object: "Deployment n/a", reason: "why", owner: "alice", until: "2026-03-01" }],
};
/** Evidence with every field that this program writes, as the backend stores it. */
const FULL = {
  version: 2,
  cluster: { context: "edge", uid: "u" },
  gatus: { namespace: "n", service: "gatus", port: "80" },
  ownChecks: {
    prometheus: { url: "https://prometheus.example.com" },
    queries: { errors: { query: "up", window: "5m", min: 0, max: 1, empty: "wait" } },
    http: { home: { url: "https://example.com", status: [200], contains: "ok" } },
    window: "5m",
  },
  after: ["canary"],
  verified: [RECORD],
  revoked: [{ ...RECORD, failures: [{ check: "flux", object: "Kustomization n/a", message: "boom" }] }],
  revisions: [RECORD.gitops],
  moves: [
    {
      release: "r2",
      from: "r1",
      movement: "forward",
      outcome: "verified",
      began: "2026-01-31T11:50:00Z",
      ended: "2026-01-31T12:00:00Z",
      allowed: ["edge verified it"],
      startedBy: { who: "alice", run: "https://ci.example.com/1" },
      notified: [{ channel: "webhook", outcome: "failed", message: "returned 500" }],
    },
  ],
  lastPass: {
    release: "r2",
    time: "2026-01-31T12:00:00Z",
    revision: "main@sha1:1",
    checks: { flux: { held: ["a"], own: ["b"], unhealthy: ["c"] } },
  },
};
const read = (evidence: unknown) => readEvidence("edge", { release: "r2", evidence });

type Path = readonly (string | number)[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, entry]) =>
    leaves(entry, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function replaced(path: Path, to: unknown): unknown {
  const copy = structuredClone(FULL);
  let parent: Record<string | number, unknown> = copy;
  for (const key of path.slice(0, -1)) parent = parent[key] as typeof parent;
  parent[path.at(-1)!] = to;
  return copy;
}

describe("format of the evidence", () => {
  it("is read with every field that it may have", () => {
    const found = read(FULL);
    assert.deepEqual(found, { state: "present", evidence: FULL as unknown as Evidence });
  });

  // A value of the wrong type may stand for anything, so a gate must not pass on it.
  for (const path of leaves(FULL).filter(([first]) => first !== "gatus"))
    it(`is invalid if ${path.join(".")} has another type`, () => {
      const found = read(replaced(path, { unexpected: true }));
      assert.equal(found.state, "unreadable");
      assert.match(
        "message" in found ? found.message : "",
        /^The evidence of stack edge (is invalid: .|has format)/,
      );
    });

  it("is invalid if Gatus has an address of neither kind, and valid with either", () => {
    for (const gatus of [{}, { url: 1 }, { namespace: "n", service: "s" }, { service: "s", port: "80" }])
      assert.equal(read({ ...FULL, gatus }).state, "unreadable", JSON.stringify(gatus));
    for (const gatus of [null, { url: "https://status.example.com", newer: 1 }, FULL.gatus])
      assert.equal(read({ ...FULL, gatus }).state, "present", JSON.stringify(gatus));
  });

  it("may have the stack's own checks through the API server, or none", () => {
    const service = { namespace: "n", service: "s", port: "80" };
    const own = {
      ...FULL.ownChecks,
      prometheus: service,
      http: { home: { ...service, path: "/" } },
    };
    assert.equal(read({ ...FULL, ownChecks: own }).state, "present");
    assert.equal(read({ ...FULL, ownChecks: null }).state, "present");
    for (const field of ["namespace", "service", "port"]) {
      const { [field]: _, ...rest } = service as Record<string, string>;
      assert.equal(_ === undefined, false);
      for (const broken of [
        { ...own, prometheus: rest },
        { ...own, http: { home: { ...rest, path: "/" } } },
      ])
        assert.equal(read({ ...FULL, ownChecks: broken }).state, "unreadable", field);
    }
    assert.equal(read({ ...FULL, ownChecks: { ...own, http: { home: service } } }).state, "unreadable");
  });

  it("is invalid if a revocation gives no failure, or an override no reason", () => {
    assert.equal(read({ ...FULL, revoked: [{ ...FULL.revoked[0], failures: [] }] }).state, "unreadable");
    assert.equal(read(replaced(["verified", 0, "override", "reason"], "")).state, "unreadable");
  });

  it("keeps fields of a newer program, at every depth", () => {
    const newer = replaced(["verified", 0, "checks", 0, "newer"], "kept");
    assert.deepEqual(read(newer), { state: "present", evidence: newer });
  });

  it("is reported by its version if that is newer, and as invalid otherwise", () => {
    const message = (evidence: unknown): string => {
      const found = read(evidence);
      return "message" in found ? found.message.split("\n")[0]! : found.state;
    };
    assert.match(message({ version: 3 }), /has format 3, which this program cannot read\.$/);
    assert.match(message({ version: 1 }), /is invalid: /);
    assert.match(message({ version: 2 }), /is invalid: /);
    for (const value of [1, true, {}, []])
      assert.match(
        message(value),
        /has format undefined, which this program cannot read\.$/,
        JSON.stringify(value),
      );
  });
});
