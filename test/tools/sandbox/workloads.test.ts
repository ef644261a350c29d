import assert from "node:assert/strict";
import { ApiError } from "../../../kube/api-error.ts";
import type { ApiServer } from "../../../kube/api-server.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { useSandbox } from "../../support/sandbox.ts";

type Json = Record<string, unknown>;
const NAMESPACE = "workloads";
const WAIT = { timeoutMs: 20_000 };
const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } };

describe("sandbox: a cluster's workloads", function () {
  this.timeout(30_000);
  const cluster = useSandbox("edge");
  let api: ApiServer;

  const create = (path: string, body: Json): Promise<Json> => api.call("POST", path, { body });
  const get = (path: string): Promise<Json | undefined> => api.find<Json>(path);
  const core = `/api/v1/namespaces/${NAMESPACE}`;
  const apps = `/apis/apps/v1/namespaces/${NAMESPACE}`;

  before(async () => {
    api = cluster.api();
    await create("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
    await waitUntil("the ServiceAccount", () => get(`${core}/serviceaccounts/default`), WAIT);
  });

  it("roll out as a Deployment, back its Service, and are deleted in the foreground", async () => {
    const deployment = `${apps}/deployments/web`;
    await create(`${apps}/deployments`, {
      metadata: { name: "web" },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    });
    await create(`${core}/services`, {
      metadata: { name: "web" },
      spec: { selector: labels, ports: [{ port: 80 }] },
    });
    await waitUntil(
      "the rollout",
      async () => field(await get(deployment), "status", "availableReplicas") === 2,
      WAIT,
    );

    const { items: pods } = await api.call<{ items: Json[] }>("GET", `${core}/pods`);
    const addresses = pods.map((pod) => field(pod, "status", "podIP"));
    assert.equal(new Set(addresses).size, 2);
    for (const address of addresses) assert.match(String(address), /^10\.244\./);
    for (const pod of pods) {
      const conditions = field(pod, "status", "conditions") as { type: string; status: string }[];
      assert.equal(conditions.find(({ type }) => type === "edgefirst.dev/Simulated")?.status, "True");
    }
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb`;
    await waitUntil(
      "the EndpointSlice",
      async () => {
        const { items } = await api.call<{
          items: { endpoints?: { addresses: string[]; conditions: { ready: boolean } }[] }[];
        }>("GET", slices);
        const ready = items
          .flatMap(({ endpoints }) => endpoints ?? [])
          .filter(({ conditions }) => conditions.ready);
        return (
          ready
            .flatMap((endpoint) => endpoint.addresses)
            .sort()
            .join() === addresses.sort().join()
        );
      },
      WAIT,
    );

    await api.call("DELETE", deployment, { body: { propagationPolicy: "Foreground" } });
    await waitUntil("the deletion", async () => (await get(deployment)) === undefined, WAIT);
    const left = await api.call<{ items: Json[] }>("GET", `${core}/pods`);
    assert.deepEqual(
      left.items.filter((pod) => field(pod, "metadata", "deletionTimestamp") === undefined),
      [],
    );
  });

  it("run init containers before a sidecar and the pod, and complete as a Job", async () => {
    await create(`${core}/pods`, {
      metadata: { name: "sidecar" },
      spec: {
        initContainers: [
          { name: "first", image: "init:1" },
          { name: "proxy", image: "sidecar:1", restartPolicy: "Always" },
        ],
        containers: [{ name: "web", image: "web:1" }],
      },
    });
    await create(`/apis/batch/v1/namespaces/${NAMESPACE}/jobs`, {
      metadata: { name: "once" },
      spec: {
        template: { spec: { restartPolicy: "Never", containers: [{ name: "once", image: "once:1" }] } },
      },
    });
    const pod = await waitUntil(
      "the pod",
      async () => {
        const found = await get(`${core}/pods/sidecar`);
        return field(found, "status", "phase") === "Running" && found;
      },
      WAIT,
    );
    const statuses = field(pod, "status", "initContainerStatuses") as { state: Json; ready: boolean }[];
    assert.deepEqual(
      statuses.map(({ state, ready }) => [Object.keys(state), ready]),
      [
        [["terminated"], true],
        [["running"], true],
      ],
    );
    const job = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs/once`;
    await waitUntil("the Job", async () => field(await get(job), "status", "succeeded") === 1, WAIT);
  });

  it("get different LoadBalancer addresses, or the requested one", async () => {
    const address = async (name: string, extra: { metadata?: Json; spec?: Json } = {}): Promise<unknown> => {
      await create(`${core}/services`, {
        metadata: { name, ...extra.metadata },
        spec: { type: "LoadBalancer", selector: labels, ports: [{ port: 80 }], ...extra.spec },
      });
      return waitUntil(
        `an address of ${name}`,
        async () =>
          field(await get(`${core}/services/${name}`), "status", "loadBalancer", "ingress", "0", "ip"),
        WAIT,
      );
    };
    const [one, two] = [await address("one"), await address("two")];
    assert.match(String(one), /^10\.98\.0\./);
    assert.notEqual(one, two);
    assert.equal(await address("three", { spec: { loadBalancerIP: "10.98.0.77" } }), "10.98.0.77");
    const annotations = { "metallb.universe.tf/loadBalancerIPs": "192.168.50.10" };
    assert.equal(await address("four", { metadata: { annotations } }), "192.168.50.10");
  });

  it("get their claims for the default class bound, and lose the volume with the claim", async () => {
    await create(`${core}/persistentvolumeclaims`, {
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    const claim = `${core}/persistentvolumeclaims/data`;
    await waitUntil("the binding", async () => field(await get(claim), "status", "phase") === "Bound", WAIT);
    const volume = `/api/v1/persistentvolumes/${String(field(await get(claim), "spec", "volumeName"))}`;
    assert.ok(await get(volume));
    await api.call("DELETE", claim);
    await waitUntil("the volume's removal", async () => (await get(volume)) === undefined, WAIT);
  });

  it("get ServiceAccount tokens that RBAC recognises", async () => {
    const request = { body: { spec: {} } };
    const { status } = await api.call<{ status: { token: string } }>(
      "POST",
      `${core}/serviceaccounts/default/token`,
      request,
    );
    const review = await api.call<Json>("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
      body: { spec: { token: status.token } },
    });
    assert.equal(field(review, "status", "user", "username"), `system:serviceaccount:${NAMESPACE}:default`);
    const access = await api.call<Json>("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      body: {
        spec: {
          user: `system:serviceaccount:${NAMESPACE}:default`,
          resourceAttributes: { verb: "list", resource: "secrets" },
        },
      },
    });
    assert.equal(field(access, "status", "allowed"), false);
  });

  it("are deleted with their namespace", async () => {
    const path = "/api/v1/namespaces/doomed";
    await create("/api/v1/namespaces", { metadata: { name: "doomed" } });
    await create(`${path}/configmaps`, { metadata: { name: "gone" }, data: {} });
    await api.call("DELETE", path);
    await waitUntil("the end of the namespace", async () => (await get(path)) === undefined, WAIT);
  });

  it("leave the agent with only its node's permissions", async () => {
    const user = "system:node:edge-node";
    const groups = ["system:nodes", "edgefirst:sandbox-agents"];
    const review = async (verb: string, resource: string): Promise<unknown> => {
      const spec = { user, groups, resourceAttributes: { verb, resource, namespace: NAMESPACE } };
      const answer = await create("/apis/authorization.k8s.io/v1/subjectaccessreviews", { spec });
      return field(answer, "status", "allowed");
    };
    assert.equal(await review("watch", "services"), true);
    assert.equal(await review("list", "secrets"), false);
    assert.equal(await review("delete", "services"), false);
    await assert.rejects(
      api.call("GET", `${core}/pods/none`),
      (error) => error instanceof ApiError && error.status === 404,
    );
  });
});

function field(object: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], object);
}
