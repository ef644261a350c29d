import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { imageVersion, loadPins } from "../../config/pins.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { OTHER_VERSIONS } from "../../tools/sandbox/network/programs-server.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { Engine, gatewayApiDirectory, type TestStack, expectSuccess } from "../support/engine.ts";
import { evidenceIn } from "../support/evidence.ts";
import { useRealPods, whoami } from "../support/real-pods.ts";
import { HttpLoad } from "./http-load.ts";
import { ReleaseCheckout, type LastRelease } from "./last-release.ts";

const WAIT = { timeoutMs: 60_000 };
const HOST = "app.example.org";
const REQUESTS_PER_SECOND = 50;
/** How long the load runs before the update, and after it. */
const AROUND_MS = 5_000;
const GATEWAY = {
  name: "external",
  namespace: "network",
  className: "traefik",
  https: { hostnames: [{ hostname: "*.example.org", certificate: { secret: "wildcard" } }] },
};

const inApps = (apiVersion: string, kind: string, name: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "apps" },
});

/** An app of another owner, with a route that the stack's Traefik serves. */
const APP: readonly KubeObject[] = [
  ...whoami("app", "apps"),
  {
    ...inApps("gateway.networking.k8s.io/v1", "HTTPRoute", "app"),
    spec: {
      hostnames: [HOST],
      parentRefs: [{ name: GATEWAY.name, namespace: GATEWAY.namespace }],
      rules: [{ backendRefs: [{ name: "app", port: 80 }] }],
    },
  },
];

/** Too slow for `npm test`: `npm run test:real`. */
describe("engine: an update from the last release, with another Traefik and another Gateway API, under load", function () {
  this.timeout(600_000);
  const cluster = useRealPods("traefik");
  let engine: Engine;
  let checkout: ReleaseCheckout;
  let last: LastRelease;
  let stack: TestStack;
  let client: KubeClient;

  const configure = (source: string): Record<string, unknown> => ({
    cluster: { context: "edge", kubeconfig: cluster.sandbox.kubeconfig },
    gatewayApi: { source },
    gateways: [GATEWAY],
    verification: { soak: "5s", timeout: "120s", interval: "500ms" },
  });

  before(async function () {
    this.timeout(600_000);
    checkout = new ReleaseCheckout();
    last = checkout.programs();
    const folder = join(cluster.dir, OTHER_VERSIONS);
    mkdirSync(folder);
    symlinkSync(last.traefik, join(folder, `traefik-${last.traefikVersion}`));
    engine = await Engine.create(checkout.dir);
    client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "edge" });
    stack = await engine.stack("edge", configure(last.definitions));
    await expectSuccess(stack.up());
    await client.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } },
      { fieldManager: "test" },
    );
    await waitUntil("the ServiceAccount", () => client.get(inApps("v1", "ServiceAccount", "default")), WAIT);
    for (const object of APP) await client.apply(object, { fieldManager: "test" });
  });
  after(() => {
    client.close();
  });

  /** The Gateway's address, and the Service's. */
  async function addresses(): Promise<unknown> {
    const { namespace, name } = GATEWAY;
    const get = async (apiVersion: string, kind: string, named: string): Promise<KubeObject | undefined> =>
      client.get({ apiVersion, kind, metadata: { name: named, namespace } });
    const gateway = await get("gateway.networking.k8s.io/v1", "Gateway", name);
    const service = await get("v1", "Service", `traefik-gateway-${name}`);
    return {
      gateway: (gateway?.status as { addresses?: unknown } | undefined)?.addresses,
      clusterIP: (service?.spec as { clusterIP?: string } | undefined)?.clusterIP,
      balancer: service?.status,
    };
  }

  /** The images of Traefik's pods that run. */
  async function running(): Promise<string[]> {
    const pods = await client.list("v1", "Pod", GATEWAY.namespace);
    return pods
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ spec }) => (spec as { containers: { image: string }[] }).containers[0]!.image);
  }

  it("fails no request, changes no address, and keeps the evidence", async () => {
    assert.match((await running()).join(), new RegExp(`traefik:v${last.traefikVersion}@`));
    const encrypted = () => cluster.get(HOST, "/", { port: 443, tls: true });
    await waitUntil("the app's answer", async () => (await encrypted()).status === 200, WAIT);
    const former = { addresses: await addresses(), evidence: evidenceIn(await stack.outputs()) };
    assert.equal(former.evidence.verified.length, 1);

    // Before the load, because copying files blocks this process.
    checkout.update();
    stack.configure(configure(await gatewayApiDirectory()));
    // Every other request is plain, and redirected.
    const load = new HttpLoad(REQUESTS_PER_SECOND, (index) =>
      index % 2 === 0 ? encrypted() : cluster.get(HOST, "/"),
    );
    await delay(AROUND_MS);
    const began = Date.now();
    const run = await stack.up();
    const seconds = Math.round((Date.now() - began) / 1000);
    await delay(AROUND_MS);
    const result = await load.stop();
    await expectSuccess(run);

    process.stdout.write(`      the update took ${seconds} s; ${JSON.stringify(result)}\n`);
    assert.deepEqual(Object.keys(result.answers), ["200", "301"], result.failures.join("\n"));
    assert.ok(
      result.requests > REQUESTS_PER_SECOND * seconds * 0.9,
      "the machine was too slow for this load, so the test shows less than it claims",
    );
    const images = await running();
    assert.deepEqual(
      images.map((image) => imageVersion(image)),
      [imageVersion(loadPins().images.traefik)],
    );
    assert.deepEqual(await addresses(), former.addresses);
    const evidence = evidenceIn(await stack.outputs());
    assert.equal(evidence.verified.length, 2);
    assert.deepEqual(evidence.verified[1], former.evidence.verified[0]);
  });
});
