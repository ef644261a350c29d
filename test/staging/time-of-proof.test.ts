import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { NO_BASELINE } from "../../staging/baseline.ts";
import { NO_ROUND } from "../../staging/check-round.ts";
import { withRevoked, withVerified, type Evidence } from "../../staging/evidence.ts";
import { goneObjects } from "../../staging/gone-objects.ts";
import { beginUpdate, verify, type VerificationArgs } from "../../staging/verify.ts";
import { WatchState, type WatchArgs } from "../../staging/watch-state.ts";
import { revocation, verification } from "../support/evidence.ts";
import { CLUSTER_UID, FakeClock, ready, scriptedCluster } from "../support/scripted-cluster.ts";

// Found by the simulation (npm run simulate).

const SECOND = 1_000;
const subject = { cluster: { context: "edge", uid: CLUSTER_UID }, gatus: null };

describe("the soak of rounds that take long", () => {
  const args = (soakMs: number): WatchArgs => ({
    checks: [],
    baseline: NO_BASELINE,
    gone: "is gone",
    timing: { soakMs, timeoutMs: 600 * SECOND, intervalMs: SECOND, outageMs: SECOND },
    progress: () => undefined,
  });

  it("begins when the first round ended, since that may have been when an object was read", () => {
    const state = new WatchState(args(15 * SECOND), 0);
    assert.equal(state.hasPassed(state.record(NO_ROUND, 0, 20 * SECOND)), false);
    assert.equal(state.hasPassed(state.record(NO_ROUND, 34 * SECOND, 34 * SECOND)), false);
    const at = state.record(NO_ROUND, 35 * SECOND, 50 * SECOND);
    assert.equal(state.hasPassed(at), true);
    assert.equal(state.pass(at).soakMs, 15 * SECOND);
  });

  it("is one look where no soak is asked for, however long the look takes", () => {
    const state = new WatchState(args(0), 0);
    const at = state.record(NO_ROUND, 0, 20 * SECOND);
    assert.deepEqual([state.hasPassed(at), state.pass(at).soakMs], [true, 0]);
  });

  it("does not begin with a round during which the machine slept: part of it was read before", () => {
    const state = new WatchState(args(0), 0);
    assert.equal(state.hasPassed(state.record(NO_ROUND, 0, 3_600 * SECOND)), false);
    assert.equal(state.hasPassed(state.record(NO_ROUND, 3_601 * SECOND)), true);
  });
});

describe("the time since when a stack has run a release", () => {
  let clock: FakeClock;
  let earlier: Evidence | undefined;
  let healthy: "True" | "False";
  beforeEach(() => {
    clock = new FakeClock();
    earlier = undefined;
    healthy = "True";
  });
  const app = (): KubeObject => ({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "app", namespace: "flux-system" },
    status: ready(healthy),
  });
  const cluster = scriptedCluster(() => [app()]);
  const args = (release: string): VerificationArgs => ({
    project: "edgefirst",
    stack: "edge",
    release,
    manifests: {},
    directory: "/",
    cluster,
    uid: CLUSTER_UID,
    gatus: null,
    skip: { flux: "its controllers do not run in this test" },
    removed: {},
    earlier,
    recorded: () => Promise.resolve([]),
    timing: { soakMs: 2_000, timeoutMs: 10_000, intervalMs: 1_000, outageMs: 5_000 },
    clock,
    progress: () => undefined,
  });
  async function up(release: string): Promise<string | undefined> {
    const baseline = await beginUpdate(args(release), []);
    await clock.sleep(60 * SECOND);
    const result = await verify(args(release), { baseline, declared: [] });
    assert.ok("evidence" in result);
    earlier = result.evidence;
    return earlier.verified[0]?.since;
  }
  async function killed(release: string): Promise<void> {
    await clock.sleep(60 * SECOND);
    await beginUpdate(args(release), []);
    await clock.sleep(60 * SECOND);
  }

  it("is kept by another update to it, even after a killed one", async () => {
    const since = await up("r1");
    assert.equal(await up("r1"), since);
    await killed("r1");
    assert.equal(await up("r1"), since);
  });

  it("ends when an update to another release begins, though it was killed, and others follow", async () => {
    const since = await up("r1");
    await killed("r1");
    await killed("r2");
    await killed("r1");
    const again = await up("r1");
    assert.notEqual(again, since);
    assert.equal(await up("r1"), again);
  });
});

describe("evidence of a release that came back", () => {
  it("counts from its latest verification if another release was verified, or failed, meanwhile", () => {
    const at = (time: string) => ({ time: `2026-01-31T${time}:00Z` });
    const first = withVerified(undefined, subject, { record: verification("r1", at("12:00")), checks: {} });
    const failed = withRevoked(first, subject, { ...revocation("r2"), ...at("13:00") });
    const back = withVerified(failed, subject, { record: verification("r1", at("14:00")), checks: {} });
    assert.equal(back.verified[0]?.since, "2026-01-31T14:00:00Z");
  });
});

describe("a Gatus endpoint whose route is gone", () => {
  const ENDPOINT = "Gatus endpoint _wiki of HTTPRoute apps/wiki";
  const gone = (removed: Record<string, string>) =>
    goneObjects(
      {
        baseline: { ...NO_BASELINE, expected: new Set([`gatus ${ENDPOINT}`]) },
        gone: "is gone without a reason",
        removed,
      },
      NO_ROUND,
    ).map(({ state, message }) => [state, message]);

  it("fails, unless it or its route was removed on purpose", () => {
    assert.deepEqual(gone({}), [["failed", "is gone without a reason"]]);
    for (const name of [ENDPOINT, "HTTPRoute apps/wiki"])
      assert.deepEqual(gone({ [name]: "retired" }), [["skipped", "is gone: retired"]]);
  });
});
