import assert from "node:assert/strict";
import { createServer } from "node:http";
import { parseGatusCredentials } from "../../config/gatus-credentials.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { CHECK_IDS } from "../../config/check-ids.ts";
import type { Check } from "../../staging/checks/check.ts";
import { declarationChecks, liveChecks } from "../../staging/checks/checks.ts";
import { ownChecks } from "../../staging/checks/own-checks.ts";
import { declaredCheck } from "../../staging/checks/declared.ts";
import { fluxCheck } from "../../staging/checks/flux.ts";
import { gatewaysCheck } from "../../staging/checks/gateways.ts";
import { gatusCheck } from "../../staging/checks/gatus.ts";
import { leftoversCheck } from "../../staging/checks/leftovers.ts";
import { rolloutsCheck } from "../../staging/checks/rollouts.ts";
import { routesCheck } from "../../staging/checks/routes.ts";
import { withoutPendingDeletions } from "../../staging/checks/undeclared.ts";
import { ready, scriptedCluster } from "../support/scripted-cluster.ts";
import { listening } from "../support/listening.ts";

const stack = "edge";
const OURS = { "edgefirst.dev/stack": stack };
const APPLIED = { managedFields: [{ manager: "edgefirst", operation: "Apply" }] };
const GATEWAY_API = "gateway.networking.k8s.io/v1";

async function verdicts(check: Check): Promise<Record<string, string>> {
  const { verdicts: found } = await check.run();
  return Object.fromEntries(
    found.map(({ object, state, message }) => [object, message === "" ? state : `${state}: ${message}`]),
  );
}

const ONE_OF_EACH = {
  prometheus: { url: "http://127.0.0.1:1" },
  queries: { errors: { query: "1", max: 1, empty: "wait" as const } },
  http: { home: { url: "http://127.0.0.1:1", status: [200] } },
  jobs: { smoke: { namespace: "n", image: "i", env: {}, runAsUser: 1, timeout: "1m", attempts: 1 } },
};

const conditions = (status: string, ...types: string[]) => ({
  conditions: types.map((type) => ({ type, status, message: `says ${status}` })),
});

function gateway(name: string, status: object, labels: Record<string, string> = OURS): KubeObject {
  const listeners = [{ name: "web" }];
  return {
    apiVersion: GATEWAY_API,
    kind: "Gateway",
    metadata: { name, namespace: "network", labels, ...APPLIED },
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
    const run = { cluster, project: "edgefirst", stack, release: "r1", progress: () => undefined };
    const ids = [
      ...liveChecks(args),
      ...declarationChecks(args, []),
      ...ownChecks(run, { ...ONE_OF_EACH, window: "5m" }),
    ].map(({ id }) => id);
    assert.deepEqual(ids, CHECK_IDS);
  });

  it("rollouts: a Deployment scaled to 0 is down, although its rollout is complete", async () => {
    const deployment = (name: string, replicas: number): KubeObject => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: "n", labels: OURS, ...APPLIED },
      spec: { replicas },
      status: { availableReplicas: replicas, updatedReplicas: replicas },
    });
    const cluster = scriptedCluster(() => [deployment("up", 1), deployment("down", 0)]);
    assert.deepEqual(await verdicts(rolloutsCheck({ cluster, stack })), {
      "Deployment n/up": "held",
      "Deployment n/down": "failed: is scaled to 0",
    });
  });

  it("gateways: a listener that is not programmed fails its Gateway; Gateways of other owners do not count", async () => {
    const listener = (status: string) => ({
      listeners: [{ name: "web", ...conditions(status, "Accepted", "ResolvedRefs", "Programmed") }],
    });
    const cluster = scriptedCluster(() => [
      gateway("good", { ...PROGRAMMED, ...listener("True") }),
      gateway("bad", { ...PROGRAMMED, ...listener("False") }),
      gateway("new", PROGRAMMED),
      gateway("foreign", {}, {}),
    ]);
    assert.deepEqual(await verdicts(gatewaysCheck({ cluster, stack })), {
      "Gateway network/good": "held",
      "Gateway network/bad": "failed: listener web: Accepted: says False",
      "Gateway network/new": "pending: listener web: Accepted: no status yet",
    });
  });

  it("routes: only routes attached to the stack's Gateways, and only the status from these Gateways", async () => {
    const ours = { name: "external", namespace: "network" };
    const accepted = conditions("True", "Accepted", "ResolvedRefs");
    const twoParents = route("two", ours, accepted);
    const cluster = scriptedCluster(() => [
      gateway("external", {}),
      route("good", ours, accepted),
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
      "HTTPRoute apps/good": "held",
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

    it("requires the source's revision, and skips suspended objects", async () => {
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
          "pending: is at main@sha1:old, but GitRepository flux-system/repo is at main@sha1:new",
        "Kustomization flux-system/still": "skipped: is suspended",
      });
    });

    it("compares a HelmRelease with its OCI chart by digest, and with its HelmChart by version", async () => {
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

  describe("gatus, with responses as documented for its API", () => {
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
    /** A Gatus that serves these paths below `/api/v1/endpoints/`. */
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

    it("counts only the latest result, and only if it is newer than the update", async () => {
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
          "failed: is down (last probe at 2026-01-31T12:00:02Z): [STATUS] (502) == 200",
        "Gatus endpoint _old of HTTPRoute apps/old": "pending: no result since the update",
        "Gatus endpoint _absent of HTTPRoute apps/absent": "pending: Gatus has no such endpoint",
      });
    });

    it("bypasses the ten-second cache, but only for endpoints that are not up", async () => {
      const [bad, good] = [result(false, "2026-01-31T12:00:01Z"), result(true, "2026-01-31T12:00:02Z")];
      const statuses = [
        { key: "_fixed", results: [bad] },
        { key: "_down", results: [bad] },
        { key: "_good", results: [good] },
      ];
      const answers = {
        statuses,
        "_fixed/statuses": { key: "_fixed", results: [bad, good] },
        "_late/statuses": { key: "_late", results: [good] },
        "_good/statuses": { key: "_good", results: [bad] },
      };
      const routes = ["fixed", "down", "good", "late"].map((name) => route(name, parent));
      assert.deepEqual(await lookAt(answers, ...routes), {
        "Gatus endpoint _fixed of HTTPRoute apps/fixed": "held",
        "Gatus endpoint _down of HTTPRoute apps/down":
          "failed: is down (last probe at 2026-01-31T12:00:01Z): [STATUS] (502) == 200",
        "Gatus endpoint _good of HTTPRoute apps/good": "held",
        "Gatus endpoint _late of HTTPRoute apps/late": "held",
      });
    });

    it("skips a guarded endpoint, and ignores a route without monitoring", async () => {
      const found = await look(
        [],
        route("dns", parent, {}, annotated("guarded: true\ngroup: internal")),
        route("off", parent, {}, { annotations: { "gatus.home-operations.com/enabled": "false" } }),
      );
      assert.deepEqual(found, {
        "Gatus endpoint internal_dns of HTTPRoute apps/dns":
          "skipped: is guarded: Gatus only resolves the DNS name, which does not prove that the app is healthy",
      });
    });

    it("waits for a Gatus that does not respond", async () => {
      const [verdict] = Object.values(await look(undefined, route("app", parent)));
      assert.match(verdict ?? "", /^pending: Gatus does not respond: .*404/);
    });

    it("sends credentials to the URL that they are for, and to no other", async () => {
      const cluster = scriptedCluster(() => [route("app", parent)]);
      const asked: (string | undefined)[] = [];
      const server = createServer((request, response) => {
        asked.push(request.headers.authorization);
        response.statusCode = request.headers.authorization === "Bearer t0ken" ? 200 : 401;
        const results = [{ success: true, timestamp: "2026-01-31T13:00:00Z" }];
        response.end(JSON.stringify([{ key: "_app", results }]));
      });
      const url = `http://${await listening(server)}`;
      const ask = (credentials: string) =>
        verdicts(
          gatusCheck({
            cluster,
            stack,
            gatus: { url },
            authorizations: parseGatusCredentials(credentials),
            since,
          }),
        );
      try {
        assert.deepEqual(Object.values(await ask(`${url} bearer t0ken`)), ["held"]);
        const [refused = ""] = Object.values(await ask("http://127.0.0.1:1 bearer t0ken"));
        assert.match(
          refused,
          /^pending: .* returned 401; set its credentials in the secret edgefirst:gatusCredentials/,
        );
        assert.doesNotMatch(refused, /t0ken/);
        assert.deepEqual(asked.slice(0, 1), ["Bearer t0ken"]);
        assert.ok(asked.slice(1).includes(undefined));
      } finally {
        server.close();
      }
    });

    it("notes that no route asks for monitoring, or that the stack has no Gatus", async () => {
      const cluster = scriptedCluster(() => []);
      const notes = async (gatus: { url: string } | null) =>
        (await gatusCheck({ cluster, stack, gatus, since }).run()).notes;
      assert.deepEqual(await notes(null), ["The stack has no Gatus that discovers routes."]);
      assert.deepEqual(await notes({ url: "http://127.0.0.1:1" }), ["No HTTPRoute asks for monitoring."]);
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

    it("ignores fields that the API server writes", async () => {
      const applied = { ...service, metadata: { ...service.metadata, resourceVersion: "2" }, status: {} };
      assert.deepEqual(await against(applied), { "Service n/s": "held" });
    });

    it("compares again if another client changes the object between the two requests", async () => {
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
          "failed: differs from its declaration: spec.type; list it under edgefirst:adopt and run `pulumi up --refresh` once to restore it",
      });
    });
  });

  it("rollouts: a load balancer is pending until it has an address", async () => {
    const service = (name: string, type: string, status: object): KubeObject => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "n", labels: OURS, ...APPLIED },
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

  it("ignore what the update will delete, but not what is retained by design", async () => {
    const down = conditions("False", "Accepted", "Programmed");
    const kept = gateway("kept", down);
    const retained = gateway("retained", down);
    const annotations = { "edgefirst.dev/retained": "true" };
    const cluster = scriptedCluster(() => [
      gateway("deleted", down),
      gateway("others", down, {}),
      kept,
      { ...retained, metadata: { ...retained.metadata, annotations } },
    ]);
    const check = gatewaysCheck({ cluster: withoutPendingDeletions(cluster, stack, [kept]), stack });
    assert.deepEqual(Object.keys(await verdicts(check)), [
      "Gateway network/kept",
      "Gateway network/retained",
    ]);
  });

  it("leftovers: fail for applied objects that are neither declared nor in the state; note what this update deletes and what is retained by design", async () => {
    const labelled = (kind: string, name: string, metadata: object = {}): KubeObject => ({
      apiVersion: "v1",
      kind,
      metadata: { name, namespace: "n", labels: OURS, ...APPLIED, ...metadata },
    });
    const live: Record<string, KubeObject[]> = {
      "/api/v1/services": [
        labelled("Service", "kept"),
        labelled("Service", "forgotten"),
        labelled("Service", "going", { deletionTimestamp: "2026-01-31T12:00:00Z" }),
        labelled("Service", "leaving"),
      ],
      "/api/v1/namespaces": [
        labelled("Namespace", "retained", { annotations: { "edgefirst.dev/retained": "true" } }),
      ],
    };
    const kinds = { services: "Service", namespaces: "Namespace" };
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
    const found = (await check.run()).verdicts.map(({ object, state }) => `${object} ${state}`);
    assert.deepEqual(found, ["Service n/forgotten failed", "Service n/going pending"]);
    assert.deepEqual((await check.run()).notes, [
      "Pulumi deletes these objects after the verification, because they are no longer declared, so the verification did not cover the cluster without them: Service n/leaving.",
      "Namespace n/retained is no longer declared; it is retained by design.",
    ]);
  });

  it("leftovers: ignore objects to which others copied the stack's label", async () => {
    const managedBy = (...managers: readonly (readonly [string, string])[]) => ({
      managedFields: managers.map(([manager, operation]) => ({ manager, operation })),
    });
    // By group, version and kind. metrics-server computes its objects on each request, so they have no field managers.
    const copies: Readonly<Record<string, readonly [kind: string, metadata: object]>> = {
      "v1 endpoints": ["Endpoints", managedBy(["kube-controller-manager", "Update"])],
      "discovery.k8s.io/v1 endpointslices": [
        "EndpointSlice",
        managedBy(["kube-controller-manager", "Update"]),
      ],
      "metrics.k8s.io/v1beta1 pods": ["PodMetrics", {}],
      "cilium.io/v2 ciliumendpoints": ["CiliumEndpoint", managedBy(["cilium-agent", "Update"])],
      "wgpolicyk8s.io/v1alpha2 policyreports": ["PolicyReport", managedBy(["kyverno", "Apply"])],
      "backup.example.com/v1 snapshots": ["Snapshot", managedBy(["backup", "Update"], ["kubectl", "Apply"])],
    };
    const versions = Object.keys(copies).map((key) => key.split(" ")[0]!);
    const cluster = {
      ...scriptedCluster(() => []),
      read: (path: string): Promise<unknown> => {
        if (path === "/apis")
          return Promise.resolve({
            groups: versions
              .filter((version) => version !== "v1")
              .map((groupVersion) => ({ preferredVersion: { groupVersion } })),
          });
        const [apiVersion, kind, metadata] = entryFor(path);
        const name = path.split("?")[0]!.split("/").at(-1)!;
        if (!path.includes("?"))
          return Promise.resolve({ resources: [{ name: nameOf(apiVersion), kind, verbs: ["list"] }] });
        return Promise.resolve({
          items: [{ metadata: { name: `copied-${name}`, namespace: "n", labels: OURS, ...metadata } }],
        });
      },
    };
    const nameOf = (apiVersion: string): string =>
      Object.keys(copies)
        .find((key) => key.startsWith(`${apiVersion} `))!
        .split(" ")[1]!;
    const entryFor = (path: string): readonly [string, string, object] => {
      const apiVersion = versions.find((version) =>
        path.startsWith(version === "v1" ? "/api/v1" : `/apis/${version}`),
      )!;
      const [kind, metadata] = copies[`${apiVersion} ${nameOf(apiVersion)}`]!;
      return [apiVersion, kind, metadata];
    };
    const recorded = () => Promise.reject(new Error("nothing is left over, so the state is not read"));
    assert.deepEqual(await leftoversCheck({ cluster, stack, recorded }, []).run(), {
      verdicts: [],
      notes: [],
    });
  });

  it("rollouts and gateways: ignore objects to which others copied the stack's label", async () => {
    const copied = { managedFields: [{ manager: "flagger", operation: "Update" }] };
    const canary: KubeObject = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "gatus-primary", namespace: "n", labels: OURS, ...copied },
      spec: { replicas: 0 },
    };
    const down = gateway("copy", conditions("False", "Accepted", "Programmed"));
    const cluster = scriptedCluster(() => [canary, { ...down, metadata: { ...down.metadata, ...copied } }]);
    assert.deepEqual(await verdicts(rolloutsCheck({ cluster, stack })), {});
    assert.deepEqual(await verdicts(gatewaysCheck({ cluster, stack })), {});
    const all = withoutPendingDeletions(cluster, stack, []);
    assert.equal((await all.list("apps/v1", "Deployment")).length, 1);
  });
});
