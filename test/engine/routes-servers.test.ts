import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { backendObjects, listeningPort, startBackends, type Backends } from "../support/routes/backends.ts";
import { hangUp } from "../support/routes/client.ts";
import { selfSigned } from "../support/routes/credentials.ts";
import { move } from "../support/routes/moved.ts";
import { startTraefik, type RunningTraefik } from "../support/routes/traefik-process.ts";

/** Servers that a repository lists by hand, with the status of Traefik's Ingress provider and of a route. */
interface Case {
  readonly name: string;
  /** Changes to what {@link backendObjects} lists. */
  readonly slice?: object;
  readonly service?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The number in the Ingress and the route. */
  readonly number?: number;
  readonly ingress: number;
  readonly route: number;
  /** The classes whose Ingress the step leaves; ingress-nginx serves each of these. */
  readonly stays: readonly ("traefik" | "nginx")[];
}

const address = { addresses: ["127.0.0.1"] };
const cases = (port: number): readonly Case[] => [
  { name: "ready", ingress: 200, route: 200, stays: [] },
  { name: "unsaid", slice: { endpoints: [address] }, ingress: 200, route: 503, stays: ["traefik", "nginx"] },
  {
    name: "other-name",
    slice: { ports: [{ name: "web", port }] },
    ingress: 404,
    route: 503,
    stays: ["nginx"],
  },
  {
    name: "native",
    slice: { endpoints: [address] },
    annotations: { "traefik.io/service.nativelb": "true" },
    service: { clusterIP: "127.0.0.1", ports: [{ name: "http", port, protocol: "TCP" }] },
    number: port,
    ingress: 200,
    route: 200,
    stays: [],
  },
  {
    name: "headless",
    annotations: { "traefik.io/service.nativelb": "true" },
    service: { clusterIP: "None" },
    ingress: 200,
    route: 500,
    stays: ["traefik", "nginx"],
  },
  {
    name: "target",
    service: { ports: [{ name: "http", port: 80, targetPort: 3000, protocol: "TCP" }] },
    number: 3000,
    ingress: 404,
    route: 500,
    stays: ["traefik"],
  },
  {
    name: "udp",
    service: {
      ports: ["UDP", "TCP"].map((protocol) => ({
        name: protocol === "UDP" ? "http3" : "http",
        port: 80,
        protocol,
      })),
    },
    slice: { ports: ["http3", "http"].map((name) => ({ name, port })) },
    ingress: 200,
    route: 500,
    stays: ["traefik", "nginx"],
  },
];

describe("engine: servers listed by hand, by the answers of the real Traefik", function () {
  this.timeout(60_000);
  let backends: Backends;
  let traefik: RunningTraefik;
  let table: readonly Case[];
  let port: number;

  before(async () => {
    backends = await startBackends(["one"]);
    port = listeningPort(backends.objects("apps"));
    table = cases(port);
    const objects = table.flatMap((one) => [...listed(one), ingress(one, "traefik"), httpRoute(one)]);
    traefik = await startTraefik(objects, await selfSigned("example.com"));
  });
  after(async () => {
    await traefik.stop();
    backends.close();
    hangUp();
  });

  /** The Service of a case and its EndpointSlice. */
  function listed({ name, slice = {}, service = {}, annotations = {} }: Case): readonly KubeObject[] {
    return backendObjects(name, "apps", [{ address: "127.0.0.1", port }]).map((object) =>
      object.kind === "Service"
        ? {
            ...object,
            metadata: { ...object.metadata, annotations },
            spec: { ...(object.spec as object), ...service },
          }
        : { ...object, ...slice },
    );
  }

  const statusOf = async (host: string): Promise<number> =>
    (await traefik.ask({ scheme: "http", host, path: "/" })).status;

  it("reaches what the table says, through an Ingress and through a route", async () => {
    for (const one of table) {
      assert.equal(await statusOf(`${one.name}.example.com`), one.ingress, `Ingress ${one.name}`);
      assert.equal(await statusOf(`${one.name}.route.example.com`), one.route, `route ${one.name}`);
    }
  });

  it("leaves an Ingress of Traefik that serves what its route would not, and one without such a port", () => {
    for (const one of table) {
      const { after: now } = move([...listed(one), ingress(one, "traefik")], ["setting"]);
      assert.equal(
        now.some(({ kind }) => kind === "Ingress"),
        one.stays.includes("traefik"),
        one.name,
      );
    }
  });

  it("moves an Ingress of ingress-nginx where a route reaches the same, if need be by another port", async () => {
    for (const one of table) {
      const { after: now } = move([...listed(one), ingress(one, "nginx")], ["setting"]);
      assert.equal(
        now.some(({ kind }) => kind === "Ingress"),
        one.stays.includes("nginx"),
        one.name,
      );
      if (one.stays.includes("nginx")) continue;
      const moved = await startTraefik(now, await selfSigned("example.com"));
      try {
        const { status } = await moved.ask({ scheme: "http", host: `${one.name}.example.com`, path: "/" });
        assert.equal(status, 200, one.name);
      } finally {
        await moved.stop();
      }
    }
  });
});

const ingress = ({ name, number = 80 }: Case, ingressClassName: string): KubeObject => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, namespace: "apps" },
  spec: {
    ingressClassName,
    rules: [
      {
        host: `${name}.example.com`,
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { number } } } }],
        },
      },
    ],
  },
});

const httpRoute = ({ name, number = 80 }: Case): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name, namespace: "apps" },
  spec: {
    parentRefs: [{ name: "external", namespace: "network" }],
    hostnames: [`${name}.route.example.com`],
    rules: [{ backendRefs: [{ name, port: number }] }],
  },
});
