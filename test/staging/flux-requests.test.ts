import assert from "node:assert/strict";
import { ApiError } from "../../kube/api-error.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { fluxCheck } from "../../staging/checks/flux.ts";
import type { CheckResult } from "../../staging/checks/check.ts";
import { FluxRequests, REQUESTED_AT } from "../../staging/flux-requests.ts";
import type { MarkableCluster } from "../../staging/update-mark.ts";
import { NO_BASELINE } from "../../staging/baseline.ts";
import { verify, type VerificationArgs } from "../../staging/verify.ts";
import { CLUSTER_UID, FakeClock, ready, scriptedCluster } from "../support/scripted-cluster.ts";

const TOKEN = "2026-01-31T12:00:00.000Z";

function kustomization(name: string, fields: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system", ...metadata },
    status: { ...ready("True"), ...fields },
  };
}

const release: KubeObject = {
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "app", namespace: "apps" },
  status: ready("True"),
};

const silent = (): undefined => undefined;

/** The check on a cluster, and the objects with a request. */
function checkOn(
  objects: () => readonly KubeObject[],
  annotate?: (reference: { kind: string }) => void,
  answer: (requested: string) => string | undefined = silent,
) {
  const cluster = scriptedCluster(objects, undefined, answer);
  const asked: string[] = [];
  const writer: Pick<MarkableCluster, "annotate"> = {
    annotate: async (reference, annotations) => {
      annotate?.(reference);
      asked.push(`${reference.kind} ${reference.metadata.name} ${annotations[REQUESTED_AT] ?? ""}`);
      return cluster.annotate(reference, annotations);
    },
  };
  return { asked, check: fluxCheck({ cluster, stack: "edge", requests: new FluxRequests(writer, TOKEN) }) };
}

const states = ({ verdicts }: CheckResult): string[] => verdicts.map(({ state }) => state);

function forbidden(): never {
  const body = { message: 'helmreleases "app" is forbidden' };
  throw new ApiError({ request: "PATCH", context: "edge", status: 403, body });
}

describe("a verification requests that Flux reconcile", () => {
  it("once for each object, except suspended ones", async () => {
    const suspended = { ...kustomization("still"), spec: { suspend: true } };
    const { asked, check } = checkOn(() => [kustomization("app"), suspended, release]);
    await check.run();
    await check.run();
    assert.deepEqual(asked.sort(), [`HelmRelease app ${TOKEN}`, `Kustomization app ${TOKEN}`]);
  });

  it("and counts a status only once its controller has handled the request", async () => {
    let handled = "2026-01-30T12:00:00Z";
    const { check } = checkOn(
      () => [kustomization("app")],
      undefined,
      () => handled,
    );
    const stale = await check.run();
    assert.deepEqual(
      stale.verdicts.map(({ state, message }) => [state, message]),
      [["pending", "Flux has not reconciled it since the update"]],
    );
    handled = TOKEN;
    assert.deepEqual(states(await check.run()), ["held"]);
  });

  it("or a later request from another owner, which replaced it, but not an earlier one that came back", async () => {
    const at = (requested: string, handled = requested) =>
      kustomization(
        "app",
        { lastHandledReconcileAt: handled },
        { annotations: { [REQUESTED_AT]: requested } },
      );
    let live = at("earlier");
    const requests = new FluxRequests({ annotate: () => Promise.resolve(true) }, TOKEN);
    const check = fluxCheck({ cluster: scriptedCluster(() => [live]), stack: "edge", requests });
    assert.deepEqual(states(await check.run()), ["pending"]);
    live = at("later", "earlier");
    assert.deepEqual(states(await check.run()), ["pending"]);
    live = at("later");
    assert.deepEqual(states(await check.run()), ["held"]);
  });

  it("and does not wait for an object that was gone before it could be asked", async () => {
    const requests = new FluxRequests({ annotate: () => Promise.resolve(false) }, TOKEN);
    const cluster = scriptedCluster(() => [kustomization("app")]);
    const check = fluxCheck({ cluster, stack: "edge", requests });
    assert.deepEqual(states(await check.run()), ["held"]);
  });

  it("and does not wait for an object that is newer than the request", async () => {
    let objects = [kustomization("app", {}, { uid: "1" })];
    const { check } = checkOn(() => objects);
    assert.deepEqual(states(await check.run()), ["pending"]);
    objects = [kustomization("app", {}, { uid: "2" }), kustomization("new")];
    assert.deepEqual(states(await check.run()), ["held", "held"]);
  });

  it("and notes in one line which requests are not permitted; those statuses count", async () => {
    const { asked, check } = checkOn(
      () => [release, kustomization("app")],
      ({ kind }) => {
        if (kind === "HelmRelease") forbidden();
      },
      (requested) => requested,
    );
    await check.run();
    const result = await check.run();
    assert.deepEqual(states(result), ["held", "held"]);
    assert.deepEqual(result.notes, [
      'Flux was not asked to reconcile HelmRelease, so their statuses may be older than the update: helmreleases "app" is forbidden.',
    ]);
    assert.deepEqual(asked, [`Kustomization app ${TOKEN}`]);
  });

  it("again after an outage, without repeating earlier requests", async () => {
    let isDown = true;
    const { asked, check } = checkOn(
      () => [kustomization("app"), release],
      ({ kind }) => {
        if (kind === "HelmRelease" && isDown) throw new EdgefirstError("cannot be reached");
      },
    );
    await assert.rejects(check.run(), /cannot be reached/);
    isDown = false;
    await check.run();
    assert.deepEqual(asked, [`Kustomization app ${TOKEN}`, `HelmRelease app ${TOKEN}`]);
  });

  it("so that a Flux that no longer runs proves nothing", async () => {
    const clock = new FakeClock();
    const timing = { soakMs: 2_000, timeoutMs: 10_000, intervalMs: 1_000, outageMs: 5_000 };
    const args = (answer?: () => undefined): VerificationArgs => ({
      project: "edgefirst",
      stack: "edge",
      release: "r1",
      manifests: {},
      directory: "/",
      cluster: scriptedCluster(() => [kustomization("app")], undefined, answer),
      uid: CLUSTER_UID,
      gatus: null,
      skip: {},
      removed: {},
      earlier: undefined,
      recorded: () => Promise.resolve([]),
      timing,
      clock,
      progress: () => undefined,
    });
    const passed = await verify(args(), { baseline: NO_BASELINE, declared: [] });
    assert.ok("record" in passed && !("failures" in passed.record));
    const failed = await verify(args(silent), { baseline: NO_BASELINE, declared: [] });
    assert.ok("record" in failed && "failures" in failed.record);
    assert.deepEqual(
      failed.record.failures.map(({ message }) => message),
      ["Flux has not reconciled it since the update"],
    );
  });
});

describe("a request that Flux reconcile", () => {
  const refusal = (status: number): ApiError =>
    new ApiError({ request: "PATCH", context: "edge", status, body: { message: `refused with ${status}` } });
  const refusing = (status: number): FluxRequests =>
    new FluxRequests({ annotate: () => Promise.reject(refusal(status)) }, TOKEN);

  it("sets the annotation that `flux reconcile` sets", () => {
    assert.equal(REQUESTED_AT, "reconcile.fluxcd.io/requestedAt");
  });

  it("is given up if it is refused, with one note, but not if the API server fails or the token expired", async () => {
    for (const status of [400, 403, 404, 422, 499]) {
      const requests = refusing(status);
      await requests.ask([kustomization("a"), kustomization("b"), release]);
      assert.deepEqual(requests.notes, [
        `Flux was not asked to reconcile HelmRelease, Kustomization, so their statuses may be older than the update: refused with ${status}.`,
      ]);
      assert.equal(requests.isStale(kustomization("a")), false);
    }
    for (const status of [302, 399, 401, 408, 500, 503])
      await assert.rejects(refusing(status).ask([kustomization("a")]), { status });
    const broken = new FluxRequests({ annotate: () => Promise.reject(new TypeError("bug")) }, TOKEN);
    await assert.rejects(broken.ask([kustomization("a")]), /bug/);
  });

  it("is not sent again for a kind that refused it", async () => {
    const asked: string[] = [];
    const requests = new FluxRequests(
      {
        annotate: ({ kind, metadata }) => {
          asked.push(`${kind} ${metadata.name}`);
          return kind === "HelmRelease" ? Promise.resolve(true) : Promise.reject(refusal(403));
        },
      },
      TOKEN,
    );
    const many = Array.from({ length: 9 }, (_, index) => kustomization(`app-${index}`));
    await requests.ask([...many, release]);
    assert.ok(asked.length <= 5, asked.join());
    assert.ok(asked.includes("HelmRelease app"));
    assert.deepEqual([requests.isStale(many[0]!), requests.isStale(release)], [false, true]);
  });

  it("continues after an outage with the objects that are left", async () => {
    let isDown = true;
    const asked: string[] = [];
    const requests = new FluxRequests(
      {
        annotate: ({ metadata }) => {
          if (isDown && metadata.name === "b") return Promise.reject(refusal(503));
          asked.push(metadata.name);
          return Promise.resolve(true);
        },
      },
      TOKEN,
    );
    const objects = [kustomization("a"), kustomization("b")];
    await assert.rejects(requests.ask(objects));
    isDown = false;
    await requests.ask(objects);
    await requests.ask(objects);
    assert.deepEqual(asked, ["a", "b"]);
  });
});
