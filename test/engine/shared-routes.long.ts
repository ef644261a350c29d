import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { gatewayObjects } from "../../components/gateway/gateway.ts";
import { traefikObjects } from "../../components/traefik/traefik.ts";
import { gateway } from "../../config/network.ts";
import { loadPins } from "../../config/pins.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { traefikArgs } from "../../platform/network.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { applyGatewayApi } from "../support/gateway-api.ts";
import { useRealPods, whoami } from "../support/real-pods.ts";

const WAIT = { timeoutMs: 60_000 };
/** Long enough for Traefik to react to its own status update and to the other Traefik's. */
const QUIET_MS = 10_000;
const NAMESPACE = "network";
const GATEWAYS = ["external", "internal"] as const;
const API = "gateway.networking.k8s.io/v1";

/** A Gateway with its Traefik, as a stack declares them. */
function gatewayNamed(name: string): KubeObject[] {
  const settings = gateway.parse({
    name,
    namespace: NAMESPACE,
    className: `traefik-${name}`,
    traefik: { replicas: 1 },
  });
  const image = loadPins().images.traefik;
  return [
    ...traefikObjects(traefikArgs(settings, { labels: {}, image })),
    ...gatewayObjects({ ...settings, labels: {} }),
  ];
}

/** Makes the internal Gateway refuse routes of other namespaces, so that the two Gateways disagree about one route. */
function onlyOwnRoutes(object: KubeObject): KubeObject {
  if (object.kind !== "Gateway" || object.metadata.name !== "internal") return object;
  const spec = object.spec as { readonly listeners: readonly object[] };
  const allowedRoutes = { namespaces: { from: "Same" } };
  return {
    ...object,
    spec: { ...spec, listeners: spec.listeners.map((listener) => ({ ...listener, allowedRoutes })) },
  };
}

function route(name: string, namespace: string, ...gateways: readonly string[]): KubeObject {
  return {
    apiVersion: API,
    kind: "HTTPRoute",
    metadata: { name, namespace },
    spec: {
      hostnames: [`${name}.example.org`],
      parentRefs: gateways.map((parent) => ({ name: parent, namespace: NAMESPACE })),
      rules: [{ backendRefs: [{ name: "whoami", port: 80 }] }],
    },
  };
}

const OBJECTS: readonly KubeObject[] = [
  ...GATEWAYS.flatMap(gatewayNamed).map(onlyOwnRoutes),
  ...whoami("whoami", NAMESPACE),
  route("shared", NAMESPACE, ...GATEWAYS),
  route("private", NAMESPACE, "internal"),
  route("half", "apps", ...GATEWAYS),
];

interface Status {
  readonly addresses?: readonly { readonly value: string }[];
  readonly parents?: readonly {
    readonly parentRef: { readonly name: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  }[];
}

describe("routes on two Gateways, each with its own Traefik", function () {
  this.timeout(120_000);
  const cluster = useRealPods("traefik");
  let client: KubeClient;
  const get = (kind: string, name: string, namespace = NAMESPACE): Promise<KubeObject | undefined> =>
    client.get({ apiVersion: API, kind, metadata: { name, namespace } });
  /** Whether each Gateway has accepted the route, as `external True, internal False`. */
  const accepted = (object: KubeObject | undefined): string =>
    ((object?.status as Status | undefined)?.parents ?? [])
      .map(({ parentRef, conditions = [] }) => {
        const condition = conditions.find(({ type }) => type === "Accepted");
        return `${parentRef.name} ${condition?.status ?? "Unknown"}`;
      })
      .sort()
      .join(", ");

  before(async () => {
    client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "edge" });
    await applyGatewayApi(client);
    await waitUntil("HTTPRoutes to be served", () => client.serves(API, "HTTPRoute"), WAIT);
    const account = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: NAMESPACE },
    };
    for (const name of [NAMESPACE, "apps"])
      await client.apply(
        { apiVersion: "v1", kind: "Namespace", metadata: { name } },
        { fieldManager: "test" },
      );
    await waitUntil("the ServiceAccount", () => client.get(account), WAIT);
    for (const object of OBJECTS) await client.apply(object, { fieldManager: "test" });
  });

  after(() => {
    client.close();
  });

  for (const [name, namespace, expected] of [
    ["shared", NAMESPACE, "external True, internal True"],
    ["half", "apps", "external True, internal False"],
  ] as const)
    it(`get one status from each Traefik, which leaves the other's alone: ${expected}`, async () => {
      const routeNow = (): Promise<KubeObject | undefined> => get("HTTPRoute", name, namespace);
      await waitUntil("both statuses", async () => accepted(await routeNow()) === expected, WAIT);
      await delay(QUIET_MS);
      const first = await routeNow();
      await delay(QUIET_MS);
      const second = await routeNow();
      assert.equal(accepted(second), expected);
      assert.equal(
        second?.metadata.resourceVersion,
        first?.metadata.resourceVersion,
        "the status still changes",
      );
    });

  it("answer at both addresses, and a route on one of them only there", async () => {
    const addresses = await Promise.all(
      GATEWAYS.map((name) =>
        waitUntil(
          `the address of ${name}`,
          async () => ((await get("Gateway", name))?.status as Status | undefined)?.addresses?.[0]?.value,
          WAIT,
        ),
      ),
    );
    const answers = async (name: string): Promise<number[]> => {
      const hostname = `${name}.example.org`;
      const all = await Promise.all(addresses.map((address) => cluster.get(address, "/", { hostname })));
      return all.map(({ status }) => status);
    };
    await waitUntil(
      "both to serve the shared route",
      async () => (await answers("shared")).every((status) => status === 200),
      WAIT,
    );
    assert.deepEqual(await answers("private"), [404, 200]);
  });
});
