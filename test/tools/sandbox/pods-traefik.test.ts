import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { KubeClient } from "../../../kube/kube-client.ts";
import { CONTROLLER_NAME, GATEWAY_LABEL } from "../../../kube/gateway-contract.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { traefikObjects } from "../../../components/traefik/traefik.ts";
import { gateway } from "../../../config/network.ts";
import { loadPins } from "../../../config/pins.ts";
import { traefikArgs } from "../../../platform/network.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { applyGatewayApi } from "../../support/gateway-api.ts";
import { useRealPods, whoami } from "../../support/real-pods.ts";

const WAIT = { timeoutMs: 40_000 };
const HOST = "whoami.example.org";
const NAMESPACE = "network";
const labels = { [GATEWAY_LABEL]: "external" };
const metadata = (name: string) => ({ name, namespace: NAMESPACE, labels });

/** Traefik as the platform deploys it, with two replicas; a Gateway, an app and its route. */
const OBJECTS: readonly KubeObject[] = [
  ...traefikObjects(
    traefikArgs(
      gateway.parse({
        name: "external",
        namespace: NAMESPACE,
        className: "traefik",
        traefik: { replicas: 2 },
      }),
      { labels: {}, image: loadPins().images.traefik },
    ),
  ),
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: "traefik", labels },
    spec: { controllerName: CONTROLLER_NAME },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: metadata("external"),
    spec: {
      gatewayClassName: "traefik",
      listeners: [
        { name: "http", port: 80, protocol: "HTTP" },
        {
          name: "https",
          port: 443,
          protocol: "HTTPS",
          hostname: HOST,
          tls: { certificateRefs: [{ name: "whoami-tls" }] },
        },
      ],
    },
  },
  ...whoami("whoami", NAMESPACE),
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: metadata("whoami"),
    spec: {
      hostnames: [HOST],
      parentRefs: [{ name: "external" }],
      rules: [{ backendRefs: [{ name: "whoami", port: 80 }] }],
    },
  },
];

describe("sandbox: the real Traefik in pods", function () {
  this.timeout(90_000);
  const cluster = useRealPods("traefik");
  let client: KubeClient;

  before(async () => {
    client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "edge" });
    const apply = (object: KubeObject): Promise<KubeObject> => client.apply(object, { fieldManager: "test" });
    await applyGatewayApi(client);
    await waitUntil(
      "HTTPRoutes to be served",
      () => client.serves("gateway.networking.k8s.io/v1", "HTTPRoute"),
      WAIT,
    );
    await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    const account = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: NAMESPACE },
    };
    await waitUntil("the ServiceAccount", () => client.get(account), WAIT);
    for (const object of OBJECTS) await apply(object);
  });

  after(() => {
    client.close();
  });

  it("serves a route with two replicas at the Gateway's address and the route's host name", async () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: metadata("traefik-gateway-external"),
    };
    await waitUntil(
      "both replicas",
      async () =>
        ((await client.get(deployment))?.status as { availableReplicas?: number } | undefined)
          ?.availableReplicas === 2,
      WAIT,
    );
    const gateway = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: metadata("external"),
    };
    const address = await waitUntil(
      "the Gateway's address",
      async () => ((await client.get(gateway))?.status as GatewayStatus | undefined)?.addresses?.[0]?.value,
      WAIT,
    );
    assert.match(address, /^10\.98\./);
    // Each replica reads the route on its own, and the Service alternates between them: two answers in a row are of both.
    let inARow = 0;
    await waitUntil(
      "an answer of both replicas",
      async () => {
        const { status } = await cluster.get(address, "/api", { hostname: HOST });
        inARow = status === 200 ? inARow + 1 : 0;
        return inARow === 2;
      },
      WAIT,
    );
    const { status, body } = await cluster.get(HOST, "/api");
    assert.equal(status, 200);
    const { hostname, headers } = JSON.parse(body) as { hostname: string; headers: Record<string, string> };
    assert.equal(hostname, "whoami");
    assert.match(headers["x-forwarded-server"] ?? "", /^traefik-gateway-external-/);
  });

  it("serves it over HTTPS with the certificate that the sandbox created for the listener", async () => {
    const answer = await waitUntil(
      "an encrypted answer",
      async () => {
        const found = await cluster.get(HOST, "/api", { port: 443, tls: true });
        return found.status === 200 && found;
      },
      WAIT,
    );
    const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
    assert.equal(headers["x-forwarded-proto"], "https");
  });

  it("keeps serving after Traefik's processes were killed", async () => {
    const pods = await client.list("v1", "Pod", NAMESPACE);
    const restarts = async (): Promise<number[]> =>
      (await client.list("v1", "Pod", NAMESPACE)).map(
        ({ status }) =>
          (status as { containerStatuses?: { restartCount: number }[] }).containerStatuses?.[0]
            ?.restartCount ?? 0,
      );
    assert.equal(pods.length, 3);
    for (const pid of await processesOf("traefik", cluster.dir)) process.kill(pid, "SIGKILL");
    await waitUntil(
      "the restarts",
      async () => (await restarts()).filter((count) => count === 1).length === 2,
      WAIT,
    );
    await waitUntil("an answer", async () => (await cluster.get(HOST, "/")).status === 200, WAIT);
  });
});

interface GatewayStatus {
  readonly addresses?: readonly { readonly value: string }[];
}

/** PIDs, outside the namespace, of a cluster's processes with a name: the command line of their network's first process names the cluster's folder. */
async function processesOf(name: string, clusterDir: string): Promise<number[]> {
  const numbers = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const read = (pid: string, file: string): Promise<string> =>
    readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const found: number[] = [];
  for (const pid of numbers) {
    if ((await read(pid, "cmdline")).split("\0")[0] !== name) continue;
    const parent = (await read(pid, "stat")).split(") ")[1]?.split(" ")[1] ?? "";
    if ((await read(parent, "cmdline")).includes(clusterDir)) found.push(Number(pid));
  }
  return found;
}
