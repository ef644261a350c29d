import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Evidence, Verification } from "../../staging/evidence.ts";
import { InconclusiveError, isInconclusive } from "../../staging/inconclusive.ts";
import { checkLive, clusterUid, OtherClusterError } from "../../staging/live-check.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import {
  CLUSTER_UID,
  FakeClock,
  ready,
  scriptedCluster,
  unreachable,
  type ScriptedCluster,
} from "../support/scripted-cluster.ts";

const app = (name: string, status: "True" | "False" | "Unknown" = "True"): KubeObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name, namespace: "flux-system" },
  status: ready(status, "boom"),
});
const named = (name: string): string => `Kustomization flux-system/${name}`;

describe("live check of an upstream stack", () => {
  let clock: FakeClock;
  let lines: string[];
  let record: Verification;
  beforeEach(() => {
    clock = new FakeClock();
    lines = [];
    record = verification("r1");
  });

  /** @returns the failures, if the verification had found these objects */
  async function check(
    cluster: ScriptedCluster,
    {
      found = {},
      timeoutMs = 0,
      uid = CLUSTER_UID,
      since = record.time,
    }: {
      found?: Partial<Record<"held" | "own" | "unhealthy", string[]>>;
      timeoutMs?: number;
      uid?: string;
      since?: string;
    } = {},
  ): Promise<string[]> {
    const { evidence } = outputsOf("r1", [record]) as { evidence: Evidence };
    const { failures } = await checkLive({
      stack: "edge",
      evidence: {
        ...evidence,
        cluster: { context: "edge", uid },
        lastPass: {
          release: "r1",
          time: since,
          revision: null,
          checks: { flux: { held: [], own: [], unhealthy: [], ...found } },
        },
      },
      record,
      cluster,
      timeoutMs,
      clock,
      progress: (line) => lines.push(line),
    });
    return failures.map(({ check: id, object, message }) => `${id} ${object}: ${message}`);
  }
  const holding = (...objects: KubeObject[]): ScriptedCluster => scriptedCluster(() => objects);

  it("fails for an object that the verification found and that is gone, whichever list it is in", async () => {
    for (const list of ["held", "own", "unhealthy"]) {
      const failures = await check(holding(app("a")), { found: { [list]: [named("a"), named("gone")] } });
      assert.deepEqual(failures, [
        `flux ${named("gone")}: was healthy when the release was verified, but is gone now`,
      ]);
    }
  });

  it("does not miss a HelmChart, nor the objects of another verification", async () => {
    assert.deepEqual(await check(holding(), { found: { held: ["HelmChart flux-system/app"] } }), []);
    const found = { held: [named("gone")] };
    assert.deepEqual(await check(holding(), { found, since: "2026-01-01T00:00:00Z" }), []);
  });

  it("excuses what was unhealthy at the verification, in the same check only", async () => {
    const broken = { outcome: "held" as const, objects: 1, notes: [], unhealthyBefore: [named("broken")] };
    record = verification("r1", {
      checks: [
        { ...broken, id: "flux" },
        { ...broken, id: "flux", unhealthyBefore: [] },
      ],
    });
    assert.deepEqual(await check(holding(app("broken", "False"), app("new", "False"))), [
      `flux ${named("new")}: Ready: boom`,
    ]);
    record = verification("r1", { checks: [{ ...broken, id: "gatus" }] });
    assert.deepEqual(await check(holding(app("broken", "False"))), [`flux ${named("broken")}: Ready: boom`]);
  });

  it("does not run a check that the verification skipped", async () => {
    const flux = { id: "flux", objects: 0, notes: [], unhealthyBefore: [] };
    record = verification("r1", { checks: [{ ...flux, outcome: "notChecked" }] });
    assert.deepEqual(await check(holding(app("a", "False"))), []);
    record = verification("r1", { checks: [{ ...flux, outcome: "held" }] });
    assert.equal((await check(holding(app("a", "False")))).length, 1);
  });

  it("waits for an object to recover within its time, and prints only lasting lines", async () => {
    const recovering = scriptedCluster(() => [app("a", clock.seconds < 4 ? "False" : "True")]);
    assert.deepEqual(await check(recovering, { timeoutMs: 10_000 }), []);
    assert.ok(clock.seconds >= 4 && clock.seconds < 8, `${clock.seconds}`);
    assert.deepEqual(lines, [
      `4 of 5 checks hold; waiting for ${named("a")}: Ready: boom`,
      "every check holds",
    ]);
  });

  it("refuses another cluster, with the setting that names its context", async () => {
    await assert.rejects(check(holding(), { uid: "another" }), (error: Error) => {
      assert.ok(error instanceof OtherClusterError);
      assert.equal(error.name, "OtherClusterError");
      assert.equal(
        error.message.replaceAll(/\n\s*/g, " "),
        "The context edge does not point to the cluster on which stack edge was verified. Set edgefirst:gate.clusters.edge to the right context on this machine.",
      );
      return true;
    });
  });

  it("has no result if the cluster does not respond, before or during the checks", async () => {
    await assert.rejects(check(scriptedCluster(unreachable)), (error: Error) => {
      assert.ok(error instanceof InconclusiveError);
      assert.equal(error.name, "InconclusiveError");
      assert.ok(error.cause instanceof EdgefirstError);
      assert.match(
        error.message,
        /^Inconclusive: cannot check stack edge: The cluster of context edge cannot/,
      );
      assert.equal(isInconclusive(error.message), true);
      return true;
    });
    const failing = holding();
    failing.list = () => Promise.reject(new EdgefirstError("the API server is gone"));
    await assert.rejects(
      check(failing),
      /^InconclusiveError: Inconclusive: the live check of stack edge has no result: .*the API server is gone/,
    );
    const buggy = holding();
    buggy.get = () => Promise.reject(new TypeError("bug"));
    await assert.rejects(check(buggy), TypeError);
  });

  it("knows a cluster by the UID of kube-system", async () => {
    assert.equal(await clusterUid(holding()), CLUSTER_UID);
    const asked: unknown[] = [];
    const reading = (answer: KubeObject | undefined) => ({
      ...holding(),
      get: (reference: unknown) => {
        asked.push(reference);
        return Promise.resolve(answer);
      },
    });
    assert.equal(await clusterUid(reading(undefined)), "");
    assert.equal(await clusterUid(reading(app("x"))), "");
    assert.deepEqual(asked[0], { apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system" } });
  });
});
