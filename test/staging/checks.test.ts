import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { CHECK_IDS } from "../../config/check-ids.ts";
import type { Check } from "../../staging/checks/check.ts";
import { declarationChecks, liveChecks } from "../../staging/checks/checks.ts";
import { declaredCheck } from "../../staging/checks/declared.ts";
import { fluxCheck } from "../../staging/checks/flux.ts";
import { gatewaysCheck } from "../../staging/checks/gateways.ts";
import { gatusCheck } from "../../staging/checks/gatus.ts";
import { leftoversCheck } from "../../staging/checks/leftovers.ts";
import { rolloutsCheck } from "../../staging/checks/rollouts.ts";
import { routesCheck } from "../../staging/checks/routes.ts";
import { withoutLeaving } from "../../staging/checks/undeclared.ts";
import { ready, scriptedCluster } from "../support/scripted-cluster.ts";

const stack = "edge";
const OURS = { "edgefirst.dev/stack": stack };
const GATEWAY_API = "gateway.networking.k8s.io/v1";

async function verdicts(check: Check): Promise<Record<string, string>> {
  const { verdicts: found } = await check.look();
  return Object.fromEntries(
    found.map(({ object, state, message }) => [object, message === "" ? state : `${state}: ${message}`]),
  );
}

const conditions = (status: string, ...types: string[]) => ({
  conditions: types.map((type) => ({ type, status, message: `says ${status}` })),
});

function gateway(name: string, status: object, labels: Record<string, string> = OURS): KubeObject {
  const listeners = [{ name: "web" }];
  return {
    apiVersion: GATEWAY_API,
    kind: "Gateway",
    metadata: { name, namespace: "network", labels },
    spec: { listeners },
    status,
  };
}
const PROGRAMMED = conditions("True", "Accepted", "Programmed");

function route(name: string, parent: object, status: object = {}, more: object = {}): KubeObject {
  return {
    apiVersion: GATEWAY_API,
    kind: "HTTPRoute",
    metadata: { name, namespace: "apps", ...more },
    spec: { parentRefs: [parent], hostnames: [`${name}.example.com`] },
    status: { parents: [{ parentRef: parent, ...status }] },
  };
}

describe("checks", () => {
  it("are exactly the ones that the configuration lists", () => {
    const cluster = scriptedCluster(() => []);
    const args = { cluster, stack, gatus: null, since: 0, recorded: () => Promise.resolve([]) };
    const ids = [...liveChecks(args), ...declarationChecks(args, [])].map(({ id }) => id);
    assert.deepEqual(ids, CHECK_IDS);
  });

  it("rollouts: a Deployment that somebody has scaled to 0 is down, complete though it is", async () => {
    const deployment = (name: string, replicas: number): KubeObject => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: "n", labels: OURS },
      spec: { replicas },
      status: { availableReplicas: replicas, updatedReplicas: replicas },
    });
    const cluster = scriptedCluster(() => [deployment("up", 1), deployment("down", 0)]);
    assert.deepEqual(await verdicts(rolloutsCheck({ cluster, stack })), {
      "Deployment n/up": "held",
      "Deployment n/down": "failed: is scaled to 0",
    });
  });

  it("gateways: a listener that is not programmed fails its Gateway; others' Gateways are not looked at", async () => {
    const listener = (status: string) => ({
      listeners: [{ name: "web", ...conditions(status, "Accepted", "ResolvedRefs", "Programmed") }],
    });
    const cluster = scriptedCluster(() => [
      gateway("well", { ...PROGRAMMED, ...listener("True") }),
      gateway("bad", { ...PROGRAMMED, ...listener("False") }),
      gateway("young", PROGRAMMED),
      gateway("foreign", {}, {}),
    ]);
    assert.deepEqual(await verdicts(gatewaysCheck({ cluster, stack })), {
      "Gateway network/well": "held",
      "Gateway network/bad": "failed: listener web: Accepted: says False",
      "Gateway network/young": "pending: listener web: Accepted: no status yet",
    });
  });

  it("routes: those of the stack's Gateways, by what these say of them", async () => {
    const ours = { name: "external", namespace: "network" };
    const accepted = conditions("True", "Accepted", "ResolvedRefs");
    const twoParents = route("two", ours, accepted);
    const cluster = scriptedCluster(() => [
      gateway("external", {}),
      route("well", ours, accepted),
      route("refused", ours, conditions("False", "Accepted")),
      route("elsewhere", { name: "other" }, conditions("False", "Accepted")),
      {
        ...twoParents,
        spec: { parentRefs: [ours, { name: "foreign" }] },
        status: {
          parents: [
            { parentRef: ours, ...accepted },
            { parentRef: { name: "foreign" }, ...conditions("False", "Accepted") },
          ],
        },
      },
    ]);
    assert.deepEqual(await verdicts(routesCheck({ cluster, stack })), {
      "HTTPRoute apps/well": "held",
      "HTTPRoute apps/refused": "failed: Accepted: says False",
      "HTTPRoute apps/two": "held",
    });
  });

  describe("flux", () => {
    const source: KubeObject = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      metadata: { name: "repo", namespace: "flux-system" },
      status: { ...ready("True"), artifact: { revision: "main@sha1:new" } },
    };
    const kustomization = (name: string, status: object, spec: object = {}): KubeObject => ({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name, namespace: "flux-system" },
      spec: { sourceRef: { kind: "GitRepository", name: "repo" }, ...spec },
      status,
    });

    it("ready counts only at the revision that the source has, and what is suspended does not count", async () => {
      const cluster = scriptedCluster(() => [
        source,
        kustomization("level", { ...ready("True"), lastAppliedRevision: "main@sha1:new" }),
        kustomization("behind", { ...ready("True"), lastAppliedRevision: "main@sha1:old" }),
        kustomization("still", ready("False", "boom"), { suspend: true }),
      ]);
      assert.deepEqual(await verdicts(fluxCheck({ cluster, stack })), {
        "GitRepository flux-system/repo": "held",
        "Kustomization flux-system/level": "held",
        "Kustomization flux-system/behind":
          "pending: has main@sha1:old, and GitRepository flux-system/repo is at main@sha1:new",
        "Kustomization flux-system/still": "skipped: is suspended",
      });
    });

    it("a HelmRelease is level with its OCI chart by digest, and with its HelmChart by version", async () => {
      const chart = (kind: string, name: string, revision: string): KubeObject => ({
        ...source,
        kind,
        metadata: { name, namespace: "apps" },
        status: { ...ready("True"), artifact: { revision } },
      });
      const release = (name: string, spec: object, status: object): KubeObject => ({
        apiVersion: "helm.toolkit.fluxcd.io/v2",
        kind: "HelmRelease",
        metadata: { name, namespace: "apps" },
        spec,
        status: { ...ready("True"), ...status },
      });
      const byRef = { chartRef: { kind: "OCIRepository", name: "oci" } };
      const cluster = scriptedCluster(() => [
        chart("OCIRepository", "oci", "1.2.3@sha256:abc"),
        chart("HelmChart", "chart", "4.5.6"),
        release("oci-level", byRef, {
          lastAttemptedRevision: "1.2.3+abc",
          lastAttemptedRevisionDigest: "sha256:abc",
        }),
        release("oci-behind", byRef, {
          lastAttemptedRevision: "1.2.3+000",
          lastAttemptedRevisionDigest: "sha256:000",
        }),
        release("chart-level", {}, { helmChart: "apps/chart", lastAttemptedRevision: "4.5.6" }),
        release("chart-behind", {}, { helmChart: "apps/chart", lastAttemptedRevision: "4.5.5" }),
      ]);
      const found = await verdicts(fluxCheck({ cluster, stack }));
      assert.deepEqual(
        ["oci-level", "oci-behind", "chart-level", "chart-behind"].map(
          (name) => found[`HelmRelease apps/${name}`]?.split(":")[0],
        ),
        ["held", "pending", "held", "pending"],
      );
    });
  });

  describe("gatus, its answers as its API documents them", () => {
    const since = Date.parse("2026-01-31T12:00:00Z");
    const parent = { name: "external", namespace: "network" };
    const annotated = (endpoint: string) => ({
      annotations: { "gatus.home-operations.com/endpoint": endpoint },
    });
    const result = (success: boolean, timestamp: string) => ({
      success,
      timestamp,
      ...(!success && { conditionResults: [{ condition: "[STATUS] (502) == 200", success: false }] }),
    });
    /** A Gatus that answers some paths below `/api/v1/endpoints/`. */
    const lookAt = (answers: Readonly<Record<string, unknown>>, ...routes: KubeObject[]) =>
      verdicts(
        gatusCheck({
          cluster: scriptedCluster(
            () => [gateway("external", {}), ...routes],
            (path) => answers[path.split("http:gatus:http/proxy/api/v1/endpoints/")[1] ?? ""],
          ),
          stack,
          gatus: { namespace: "observability", service: "gatus", port: "http" },
          since,
        }),
      );
    const look = (statuses: unknown, ...routes: KubeObject[]) => lookAt({ statuses }, ...routes);

    it("counts only results that are newer than the update, and the latest one", async () => {
      const statuses = [
        {
          key: "_up",
          results: [result(false, "2026-01-31T12:00:01Z"), result(true, "2026-01-31T12:00:02Z")],
        },
        {
          key: "_down",
          results: [result(false, "2026-01-31T12:00:02Z"), result(true, "2026-01-31T12:00:01Z")],
        },
        { key: "_old", results: [result(true, "2026-01-31T11:59:59Z")] },
      ];
      const found = await look(
        statuses,
        ...["up", "down", "old", "absent"].map((name) => route(name, parent)),
      );
      assert.deepEqual(found, {
        "Gatus endpoint _up of HTTPRoute apps/up": "held",
        "Gatus endpoint _down of HTTPRoute apps/down":
          "failed: is down since 2026-01-31T12:00:02Z at the latest: [STATUS] (502) == 200",
        "Gatus endpoint _old of HTTPRoute apps/old": "pending: no result yet that is newer than the update",
        "Gatus endpoint _absent of HTTPRoute apps/absent": "pending: Gatus has no such endpoint",
      });
    });

    it("asks once more, for what the list keeps for ten seconds, only of endpoints that it does not find well", async () => {
      const [bad, good] = [result(false, "2026-01-31T12:00:01Z"), result(true, "2026-01-31T12:00:02Z")];
      const statuses = [
        { key: "_mended", results: [bad] },
        { key: "_down", results: [bad] },
        { key: "_well", results: [good] },
      ];
      const answers = {
        statuses,
        "_mended/statuses": { key: "_mended", results: [bad, good] },
        "_late/statuses": { key: "_late", results: [good] },
        "_well/statuses": { key: "_well", results: [bad] },
      };
      const routes = ["mended", "down", "well", "late"].map((name) => route(name, parent));
      assert.deepEqual(await lookAt(answers, ...routes), {
        "Gatus endpoint _mended of HTTPRoute apps/mended": "held",
        "Gatus endpoint _down of HTTPRoute apps/down":
          "failed: is down since 2026-01-31T12:00:01Z at the latest: [STATUS] (502) == 200",
        "Gatus endpoint _well of HTTPRoute apps/well": "held",
        "Gatus endpoint _late of HTTPRoute apps/late": "held",
      });
    });

    it("takes a guarded endpoint for no proof, and a route that is not monitored for none at all", async () => {
      const found = await look(
        [],
        route("dns", parent, {}, annotated("guarded: true\ngroup: internal")),
        route("off", parent, {}, { annotations: { "gatus.home-operations.com/enabled": "false" } }),
      );
      assert.deepEqual(found, {
        "Gatus endpoint internal_dns of HTTPRoute apps/dns":
          "skipped: is guarded: a DNS probe, and no proof of health",
      });
    });

    it("waits for a Gatus that does not answer", async () => {
      const [verdict] = Object.values(await look(undefined, route("app", parent)));
      assert.match(verdict ?? "", /^pending: Gatus does not answer: .*404/);
    });

    it("says that there is no route, and no Gatus", async () => {
      const cluster = scriptedCluster(() => []);
      const notes = async (gatus: { url: string } | null) =>
        (await gatusCheck({ cluster, stack, gatus, since }).look()).notes;
      assert.deepEqual(await notes(null), ["The stack knows of no Gatus."]);
      assert.deepEqual(await notes({ url: "http://127.0.0.1:1" }), ["No HTTPRoute asks to be monitored."]);
    });
  });

  describe("declared", () => {
    const service: KubeObject = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s", namespace: "n", resourceVersion: "1" },
      spec: { type: "ClusterIP" },
      status: { a: 1 },
    };
    const against = (applied: KubeObject) => {
      const cluster = { ...scriptedCluster(() => [service]), apply: () => Promise.resolve(applied) };
      return verdicts(declaredCheck({ cluster, stack }, [service]));
    };

    it("what the server writes of its own accord is no difference", async () => {
      const applied = { ...service, metadata: { ...service.metadata, resourceVersion: "2" }, status: {} };
      assert.deepEqual(await against(applied), { "Service n/s": "held" });
    });

    it("looks again at what somebody has labelled between its two requests", async () => {
      let live: KubeObject = service;
      const cluster = {
        ...scriptedCluster(() => [live]),
        apply: () => {
          const { metadata } = service;
          live = { ...service, metadata: { ...metadata, resourceVersion: "2", labels: { by: "flux" } } };
          return Promise.resolve(live);
        },
      };
      assert.deepEqual(await verdicts(declaredCheck({ cluster, stack }, [service])), {
        "Service n/s": "held",
      });
    });

    it("names the fields that differ", async () => {
      assert.deepEqual(await against({ ...service, spec: { type: "NodePort" } }), {
        "Service n/s":
          "failed: differs from what is declared: spec.type; listed under edgefirst:adopt, one `pulumi up --refresh` puts it back",
      });
    });
  });

  it("rollouts: a load balancer is pending until it has an address", async () => {
    const service = (name: string, type: string, status: object): KubeObject => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "n", labels: OURS },
      spec: { type },
      status,
    });
    const cluster = scriptedCluster(() => [
      service("served", "LoadBalancer", { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } }),
      service("waiting", "LoadBalancer", { loadBalancer: {} }),
      service("inside", "ClusterIP", {}),
    ]);
    assert.deepEqual(await verdicts(rolloutsCheck({ cluster, stack })), {
      "Service n/served": "held",
      "Service n/waiting": "pending: no address yet",
    });
  });

  it("what the update is going to delete is not looked at, what it keeps by design is", async () => {
    const down = conditions("False", "Accepted", "Programmed");
    const kept = gateway("kept", down);
    const retained = gateway("retained", down);
    const annotations = { "edgefirst.dev/retained": "true" };
    const cluster = scriptedCluster(() => [
      gateway("leaving", down),
      gateway("others", down, {}),
      kept,
      { ...retained, metadata: { ...retained.metadata, annotations } },
    ]);
    const check = gatewaysCheck({ cluster: withoutLeaving(cluster, stack, [kept]), stack });
    assert.deepEqual(Object.keys(await verdicts(check)), [
      "Gateway network/kept",
      "Gateway network/retained",
    ]);
  });

  it("leftovers: what is labelled, not declared, and in no state; what this update deletes, and what is kept by design, is told", async () => {
    const labelled = (kind: string, name: string, metadata: object = {}): KubeObject => ({
      apiVersion: "v1",
      kind,
      metadata: { name, namespace: "n", labels: OURS, ...metadata },
    });
    const live: Record<string, KubeObject[]> = {
      "/api/v1/services": [
        labelled("Service", "kept"),
        labelled("Service", "forgotten"),
        labelled("Service", "going", { deletionTimestamp: "2026-01-31T12:00:00Z" }),
        labelled("Service", "leaving"),
      ],
      "/api/v1/endpoints": [
        labelled("Endpoints", "kept"),
        labelled("Endpoints", "leaving"),
        labelled("Endpoints", "alone"),
      ],
      "/api/v1/pods": [labelled("Pod", "p", { ownerReferences: [{ kind: "ReplicaSet" }] })],
      "/api/v1/namespaces": [
        labelled("Namespace", "retained", { annotations: { "edgefirst.dev/retained": "true" } }),
      ],
    };
    const kinds = { services: "Service", endpoints: "Endpoints", pods: "Pod", namespaces: "Namespace" };
    const cluster = {
      ...scriptedCluster(() => []),
      read: (path: string): Promise<unknown> => {
        if (path === "/apis")
          return Promise.resolve({ groups: [{ preferredVersion: { groupVersion: "apps/v1" } }] });
        if (path === "/apis/apps/v1") return Promise.resolve({ resources: [] });
        if (path === "/api/v1")
          return Promise.resolve({
            resources: Object.entries(kinds).map(([name, kind]) => ({ name, kind, verbs: ["list"] })),
          });
        const [list, query] = path.split("?");
        assert.equal(query, "labelSelector=edgefirst.dev%2Fstack%3Dedge");
        return Promise.resolve({ items: live[list ?? ""] });
      },
    };
    const recorded = () => Promise.resolve([labelled("Service", "leaving"), labelled("Service", "kept")]);
    const check = leftoversCheck({ cluster, stack, recorded }, [labelled("Service", "kept")]);
    const found = (await check.look()).verdicts.map(({ object, state }) => `${object} ${state}`);
    assert.deepEqual(found, [
      "Service n/forgotten failed",
      "Service n/going pending",
      "Endpoints n/alone failed",
    ]);
    assert.deepEqual((await check.look()).notes, [
      "No longer declared, and deleted by Pulumi after the verification, which has not seen the cluster without: Service n/leaving.",
      "Namespace n/retained is no longer declared and kept by design.",
    ]);
  });
});
