import assert from "node:assert/strict";
import type { KubeObject } from "../../../kube/objects.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import type { Check } from "../../../staging/checks/check.ts";
import { leftoversCheck } from "../../../staging/checks/leftovers.ts";
import { ownChecks, repeatableChecks, repeatablePart } from "../../../staging/checks/own-checks.ts";
import { rolloutsCheck } from "../../../staging/checks/rollouts.ts";
import { routesCheck } from "../../../staging/checks/routes.ts";
import { gatewaysCheck } from "../../../staging/checks/gateways.ts";
import { gatusCheck } from "../../../staging/checks/gatus.ts";
import { ObjectSet, withoutPendingDeletions } from "../../../staging/checks/undeclared.ts";
import { scriptedCluster } from "../../support/scripted-cluster.ts";

const stack = "edge";
const OWN = {
  labels: { "edgefirst.dev/stack": stack },
  managedFields: [{ manager: "edgefirst", operation: "Apply" }],
};
const object = (apiVersion: string, kind: string, fields: object, metadata: object = OWN): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "x", namespace: "n", ...metadata },
  ...fields,
});
async function verdicts(check: Check): Promise<string[]> {
  return (await check.run()).verdicts.map(
    ({ object: name, state, message }) => `${name} ${state}: ${message}`,
  );
}

describe("check rollouts", () => {
  const rollout = (fields: object) =>
    verdicts(
      rolloutsCheck({ cluster: scriptedCluster(() => [object("apps/v1", "Deployment", fields)]), stack }),
    );
  const unavailable = (status: string, more: object = {}) => [
    { type: "Progressing", status: "True" },
    { type: "Available", status, ...more },
    { type: "Other", status: "False" },
  ];

  it("fails a Deployment that is down while it rolls out, with the controller's reason", async () => {
    const progressing = { spec: { replicas: 2 }, status: { availableReplicas: 1 } };
    const withConditions = (conditions: object[]) => ({
      ...progressing,
      status: { availableReplicas: 1, conditions },
    });
    assert.deepEqual(await rollout(progressing), ["Deployment n/x pending: 1 of 2 available"]);
    assert.deepEqual(await rollout(withConditions(unavailable("True"))), [
      "Deployment n/x pending: 1 of 2 available",
    ]);
    assert.deepEqual(
      await rollout(withConditions(unavailable("False", { message: "minimum availability" }))),
      ["Deployment n/x failed: 1 of 2 available: minimum availability"],
    );
    assert.deepEqual(await rollout(withConditions(unavailable("False"))), [
      "Deployment n/x failed: 1 of 2 available: not available",
    ]);
    assert.deepEqual(await rollout({ spec: {} }), ["Deployment n/x pending: 0 of 1 available"]);
  });

  it("holds for a complete rollout, whatever its condition says", async () => {
    const status = { availableReplicas: 1, updatedReplicas: 1, conditions: unavailable("False") };
    assert.deepEqual(await rollout({ spec: { replicas: 1 }, status }), ["Deployment n/x held: "]);
  });

  it("ignores Services and Deployments of other owners, and Services without an address", async () => {
    const cluster = scriptedCluster(() => [
      object("v1", "Service", {}),
      object("v1", "Service", { spec: { type: "LoadBalancer" } }, { name: "other" }),
      object("apps/v1", "Deployment", { spec: { replicas: 0 } }, { name: "other" }),
    ]);
    assert.deepEqual(await verdicts(rolloutsCheck({ cluster, stack })), []);
  });
});

describe("checks gateways, routes and gatus", () => {
  const API = "gateway.networking.k8s.io/v1";
  const gateway = (name: string, metadata: object = OWN): KubeObject =>
    object(API, "Gateway", {}, { ...metadata, name, namespace: "network" });
  const route = (...parentRefs: object[]): KubeObject =>
    object(API, "HTTPRoute", { spec: { parentRefs, hostnames: ["a.example.com"] } }, { namespace: "apps" });
  const routes = (...objects: KubeObject[]) =>
    verdicts(routesCheck({ cluster: scriptedCluster(() => objects), stack }));
  const WAITING = (name: string) => `HTTPRoute apps/x pending: not yet accepted by its parent ${name}`;

  it("judge a route by the stack's Gateway among its parents, by kind, name and namespace", async () => {
    const [one, two] = [gateway("one"), gateway("two")];
    const parent = { name: "one", namespace: "network" };
    assert.deepEqual(await routes(one, two, route({ name: "foreign" }, parent)), [WAITING("one")]);
    assert.deepEqual(await routes(one, two, route({ kind: "Gateway", ...parent })), [WAITING("one")]);
    for (const other of [
      { ...parent, kind: "Service" },
      { ...parent, name: "three" },
      { ...parent, namespace: "apps" },
      { name: "one" },
    ])
      assert.deepEqual(await routes(one, two, route(other)), [], JSON.stringify(other));
    assert.deepEqual(await routes(gateway("one", {}), route(parent)), []);
    const local = { ...gateway("one"), metadata: { ...OWN, name: "one", namespace: "apps" } };
    assert.deepEqual(await routes(local, route({ name: "one" })), [WAITING("one")]);
  });

  it("require that the routes and endpoints that were healthy still exist", () => {
    const cluster = scriptedCluster(() => []);
    assert.equal(routesCheck({ cluster, stack }).keeps?.("HTTPRoute apps/x"), true);
    assert.equal(gatusCheck({ cluster, stack, gatus: null, since: 0 }).keeps?.("Gatus endpoint x"), true);
    assert.equal(gatewaysCheck({ cluster, stack }).id, "gateways");
  });

  describe("gatus", () => {
    const since = Date.parse("2026-01-31T12:00:00Z");
    const probe = (timestamp: string, fields: object = {}) => ({ success: true, timestamp, ...fields });
    const LATER = "2026-01-31T12:00:01Z";
    async function look(answer: unknown, ...objects: KubeObject[]): Promise<string[]> {
      const cluster = scriptedCluster(
        () => objects,
        (path) => (path.endsWith("/endpoints/statuses") ? answer : undefined),
      );
      const gatus = { namespace: "o", service: "gatus", port: "80" };
      return verdicts(gatusCheck({ cluster, stack, gatus, since }));
    }
    const endpoint = (key: string) => (state: string) => `Gatus endpoint ${key} of HTTPRoute apps/x ${state}`;
    const plain = endpoint("_x");

    it("counts results that are newer than the update, and no others", async () => {
      const at = (timestamp: string) => look([{ key: "_x", results: [probe(timestamp)] }], route());
      assert.deepEqual(await at("2026-01-31T12:00:00Z"), [plain("pending: no result since the update")]);
      assert.deepEqual(await at("2026-01-31T12:00:00.001Z"), [plain("held: ")]);
      for (const results of [null, []])
        assert.deepEqual(await look([{ key: "_x", results }], route()), [
          plain("pending: no result since the update"),
        ]);
    });

    it("gives every reason of the latest result, or says that there is none", async () => {
      const down = (fields: object) =>
        look([{ key: "_x", results: [probe(LATER, { success: false, ...fields })] }], route());
      const start = `failed: is down (last probe at ${LATER}): `;
      assert.deepEqual(await down({}), [plain(`${start}no reason given`)]);
      const conditionResults = [
        { condition: "[STATUS] == 200", success: true },
        { condition: "[BODY] == ok", success: false },
        { condition: "[CERT] > 48h", success: false },
      ];
      assert.deepEqual(await down({ conditionResults, errors: ["EOF"] }), [
        plain(`${start}[BODY] == ok; [CERT] > 48h; EOF`),
      ]);
    });

    it("identifies an endpoint with what the route inherits from its first Gateway", async () => {
      const annotated = (where: string, endpointOf: string): KubeObject => {
        const annotations = { "gatus.home-operations.com/endpoint": endpointOf };
        const metadata =
          where === ""
            ? { name: "global", annotations }
            : { name: "external", namespace: where, annotations };
        return { ...gateway("external"), metadata };
      };
      const results = [probe(LATER)];
      const answer = [
        { key: "public_x", results },
        { key: "_x", results: [] },
      ];
      const parent = { name: "external", namespace: "network" };
      assert.deepEqual(
        await look(
          answer,
          annotated("network", "group: public"),
          annotated("other", "group: o"),
          route(parent),
        ),
        [endpoint("public_x")("held: ")],
      );
      assert.deepEqual(await look(answer, annotated("network", "not: [a, map"), route(parent)), [
        plain("pending: no result since the update"),
      ]);
      assert.deepEqual(
        await look(answer, annotated("", "group: public"), route({ name: "global", namespace: "" })),
        [endpoint("public_x")("held: ")],
      );
    });
  });
});

describe("objects that the program no longer declares", () => {
  const service = (name: string, metadata: object = {}): KubeObject =>
    object("v1", "Service", {}, { ...OWN, name, ...metadata });
  const listing = (unread: boolean, ...items: KubeObject[]) => ({
    ...scriptedCluster(() => []),
    read: (path: string): Promise<unknown> => {
      if (path === "/apis")
        return Promise.resolve({
          groups: unread ? [{ preferredVersion: { groupVersion: "broken/v1" } }] : [],
        });
      if (path === "/api/v1")
        return Promise.resolve({ resources: [{ name: "services", kind: "Service", verbs: ["list"] }] });
      if (path.startsWith("/apis/broken")) return Promise.reject(new EdgefirstError("503"));
      return Promise.resolve({ items });
    },
  });
  const leftovers = (cluster: ReturnType<typeof listing>, recorded: readonly KubeObject[] = []) =>
    leftoversCheck({ cluster, stack, recorded: () => Promise.resolve(recorded) }, []);

  it("fail the check leftovers, or are pending while they are deleted; all belong to the stack", async () => {
    const { verdicts: found, notes } = await leftovers(
      listing(false, service("a"), service("b", { deletionTimestamp: "now" })),
    ).run();
    assert.deepEqual(found, [
      {
        object: "Service n/a",
        state: "failed",
        message: "is neither declared nor in the stack's state, so no update deletes it: delete it manually",
        own: true,
      },
      { object: "Service n/b", state: "pending", message: "is still being deleted", own: true },
    ]);
    assert.deepEqual(notes, []);
  });

  it("are noted if Pulumi deletes them after the verification, which runs the check only twice", async () => {
    const check = leftovers(listing(false, service("a"), service("b")), [service("a"), service("b")]);
    assert.equal(check.steady, true);
    assert.match(String((await check.run()).notes?.[0]), /without them: Service n\/a, Service n\/b\.$/);
  });

  it("may be of a group that cannot be listed, which is noted", async () => {
    const { verdicts: found, notes } = await leftovers(listing(true)).run();
    assert.deepEqual([found, notes], [[], ["Could not list the objects in broken/v1."]]);
  });

  it("are compared by group, whichever version the API server serves", () => {
    const set = new ObjectSet([object("apps/v1", "Deployment", {}), service("a")]);
    assert.ok(set.has(object("apps/v2", "Deployment", {})));
    assert.ok(set.has({ ...service("a"), apiVersion: "v2" }));
    for (const other of [
      object("extensions/v1", "Deployment", {}),
      object("v1", "Deployment", {}),
      object("apps/v1", "ReplicaSet", {}),
      object("apps/v1", "Deployment", {}, { name: "y" }),
      object("apps/v1", "Deployment", {}, { namespace: "m" }),
      { ...service("a"), apiVersion: "apps/v1" },
    ])
      assert.equal(set.has(other), false, JSON.stringify(other));
    const tricky = new ObjectSet([object("v1", "Service", {}, { name: "b", namespace: "na" })]);
    assert.equal(tricky.has(object("v1", "Service", {}, { name: "ab", namespace: "n" })), false);
  });

  it("are hidden from lists only; every other request reaches the cluster", async () => {
    const asked: unknown[] = [];
    const record =
      (name: string) =>
      (...args: unknown[]) => {
        asked.push([name, ...args]);
        return Promise.resolve(name === "list" ? [service("a"), service("b", { labels: {} })] : name);
      };
    const cluster = {
      context: "edge",
      get: record("get"),
      list: record("list"),
      serves: record("serves"),
      apply: record("apply"),
      read: record("read"),
    } as never;
    const hidden = withoutPendingDeletions(cluster, stack, []);
    assert.equal(hidden.context, "edge");
    assert.deepEqual(
      (await hidden.list("v1", "Service", "n")).map(({ metadata }) => metadata.name),
      ["b"],
    );
    assert.equal(await hidden.get(service("a")), "get");
    assert.equal(await hidden.serves("v1", "Service"), "serves");
    assert.equal(await hidden.apply(service("a"), { fieldManager: "m" }), "apply");
    assert.equal(await hidden.read("/version"), "read");
    assert.deepEqual(asked, [
      ["list", "v1", "Service", "n"],
      ["get", service("a")],
      ["serves", "v1", "Service"],
      ["apply", service("a"), { fieldManager: "m" }],
      ["read", "/version"],
    ]);
  });
});

describe("the stack's own checks", () => {
  const cluster = scriptedCluster(() => []);
  const NONE = { queries: {}, http: {}, window: "5m" };
  const prometheus = { url: "http://127.0.0.1:1" };
  const queries = { errors: { query: "1", max: 1, empty: "wait" as const } };
  const http = { home: { url: "http://127.0.0.1:1", status: [200] } };
  const jobs = { smoke: { namespace: "n", image: "i", env: {}, runAsUser: 1, timeout: "1m", attempts: 1 } };
  const ids = (checks: readonly Check[]) => checks.map(({ id }) => id);

  it("are those that are configured; a query needs a Prometheus", () => {
    const repeatable = (more: object) => ids(repeatableChecks(cluster, { ...NONE, ...more }));
    assert.deepEqual(ids(repeatableChecks(cluster, undefined)), []);
    assert.deepEqual(repeatable({}), []);
    assert.deepEqual(repeatable({ prometheus }), []);
    assert.deepEqual(repeatable({ queries }), []);
    assert.deepEqual(repeatable({ prometheus, queries }), ["queries"]);
    assert.deepEqual(repeatable({ http }), ["http"]);
    const args = { cluster, project: "p", stack, release: "r", progress: () => undefined };
    assert.deepEqual(ids(ownChecks(args, { ...NONE, jobs: {} })), []);
    assert.deepEqual(ids(ownChecks(args, { ...NONE, http, jobs })), ["http", "jobs"]);
  });

  it("are recorded in the evidence without the Jobs, if a gate can repeat any", () => {
    assert.equal(repeatablePart(undefined), null);
    assert.equal(repeatablePart(NONE), null);
    assert.equal(repeatablePart({ ...NONE, prometheus }), null);
    assert.deepEqual(repeatablePart({ ...NONE, http, ...{ jobs } }), { ...NONE, http });
    assert.deepEqual(repeatablePart({ ...NONE, prometheus, queries }), { ...NONE, prometheus, queries });
  });
});
