import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { gatewayObjects } from "../../components/gateway/gateway.ts";
import { checkGatewayApi } from "../../components/gateway-api/gateway-api.ts";
import { traefikObjects } from "../../components/traefik/traefik.ts";
import { gateway } from "../../config/network.ts";
import { imageVersion, loadPins } from "../../config/pins.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { traefikArgs } from "../../platform/network.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { go, GoFailedError } from "../../tools/toolchain/go.ts";
import { PROJECT } from "../support/engine.ts";
import { useRealPods, whoami } from "../support/real-pods.ts";

/** For a busy machine. */
const WAIT = { timeoutMs: 180_000 };
/** A Traefik that serves does so within 2 s of its start. */
const SILENCE_MS = 10_000;
const NAMESPACE = "network";
const HOST = "app.example.org";
const API = "gateway.networking.k8s.io/v1";
const CRD = "apiextensions.k8s.io/v1";

/** Bundles of other owners, and whether the stack's Traefik serves routes with them: `tcp` is one with experimentalChannel. */
const BUNDLES = [
  ["1.4.1", "standard", { plain: false, tcp: false }],
  ["1.4.1", "experimental", { plain: false, tcp: false }],
  ["1.5.1", "standard", { plain: true, tcp: false }],
  ["1.5.1", "experimental", { plain: true, tcp: true }],
  ["1.6.3", "standard", { plain: true, tcp: false }],
  ["1.6.3", "experimental", { plain: true, tcp: true }],
  ["1.7.0", "standard", { plain: true, tcp: false }],
  ["1.7.0", "experimental", { plain: true, tcp: true }],
] as const;
type Name = keyof (typeof BUNDLES)[number][2];

const GATEWAYS = (["plain", "tcp"] as const).map((name) =>
  gateway.parse({
    name,
    namespace: NAMESPACE,
    className: `traefik-${name}`,
    traefik: { experimentalChannel: name === "tcp" },
  }),
);

const TRAEFIKS = GATEWAYS.flatMap((settings) =>
  traefikObjects(traefikArgs(settings, { labels: {}, image: loadPins().images.traefik })),
);
const ROUTES: readonly KubeObject[] = [
  ...GATEWAYS.flatMap((settings) => gatewayObjects({ ...settings, gatewayLabels: {}, labels: {} })),
  {
    apiVersion: API,
    kind: "HTTPRoute",
    metadata: { name: "app", namespace: NAMESPACE },
    spec: {
      hostnames: [HOST],
      parentRefs: GATEWAYS.map(({ name }) => ({ name })),
      rules: [{ backendRefs: [{ name: "app", port: 80 }] }],
    },
  },
];

interface CrdSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

/** Too slow for `npm test`: `npm run test:real`. */
describe("a Gateway API of another owner", function () {
  this.timeout(600_000);
  const cluster = useRealPods("traefik");
  let client: KubeClient;
  const connect = (): KubeClient =>
    new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "edge" });
  const apply = async (objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) await client.apply(object, { fieldManager: "another-client" });
  };

  before(async () => {
    client = connect();
    await apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } }]);
    const account = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: NAMESPACE },
    };
    await waitUntil("the ServiceAccount", () => client.get(account), WAIT);
    await apply([...TRAEFIKS, ...whoami("app", NAMESPACE)]);
  });
  after(() => {
    client.close();
  });

  /** Replaces the CRDs, and with them every Gateway and route. */
  async function replaceDefinitions(definitions: readonly KubeObject[]): Promise<void> {
    const former = (await client.list(CRD, "CustomResourceDefinition")).filter(({ metadata }) =>
      /\.gateway\.networking\.(x-)?k8s\.io$/.test(metadata.name),
    );
    for (const { metadata } of former)
      await client.delete({ apiVersion: CRD, kind: "CustomResourceDefinition", metadata });
    const isGone = async (crd: KubeObject): Promise<boolean> => (await client.get(crd)) === undefined;
    for (const crd of former) await waitUntil(`the end of ${crd.metadata.name}`, () => isGone(crd), WAIT);
    await apply(definitions);
    for (const crd of definitions)
      await waitUntil(`${crd.metadata.name} to be served`, () => isServed(crd), WAIT);
  }

  /** Whether discovery lists every version of a CRD. A new client, because clients remember which kinds are served. */
  async function isServed({ spec }: KubeObject): Promise<boolean> {
    const { group, names, versions } = spec as CrdSpec;
    client.close();
    client = connect();
    const served = versions
      .filter((version) => version.served)
      .map(({ name }) => client.serves(`${group}/${name}`, names.kind));
    return (await Promise.all(served)).every(Boolean);
  }

  /** Restarts every Traefik, because it looks for the kinds only when it starts. */
  async function restartTraefiks(): Promise<void> {
    const pods = async (): Promise<KubeObject[]> =>
      (await client.list("v1", "Pod", NAMESPACE)).filter(({ metadata }) => metadata.name !== "app");
    const former = await pods();
    for (const { metadata } of former) await client.delete({ apiVersion: "v1", kind: "Pod", metadata });
    const isNew = ({ metadata: { uid } }: KubeObject): boolean =>
      former.every(({ metadata }) => metadata.uid !== uid);
    // A former Traefik that is still ending may answer a request.
    const ready = async (): Promise<boolean> => {
      const present = await pods();
      return present.length === GATEWAYS.length && present.every((pod) => isNew(pod) && isReady(pod));
    };
    await waitUntil("new Traefiks", ready, WAIT);
  }

  const serves = async (name: Name): Promise<boolean> =>
    (await cluster.get(`traefik-gateway-${name}.${NAMESPACE}.svc.cluster.local`, "/", { hostname: HOST }))
      .status === 200;

  /** Whether the preflight would let the stack install this Gateway's Traefik. */
  async function passes(name: Name): Promise<boolean> {
    const findings = await checkGatewayApi(
      {
        ...{
          install: false,
          version: "v0.0.0",
          channel: "standard",
          crds: [],
          labels: {},
          hasGateways: true,
        },
        traefikVersion: imageVersion(loadPins().images.traefik),
        experimental: name === "tcp",
      },
      client,
    );
    for (const { message, hint = "" } of findings) assert.doesNotMatch(message + hint, /downgrade|older/);
    return !findings.some(({ severity }) => severity === "error");
  }

  for (const [version, channel, expected] of BUNDLES)
    it(`${version}, ${channel} channel: the preflight passes exactly where the real Traefik serves a route`, async () => {
      await replaceDefinitions(await definitionsOf(version, channel));
      await apply(ROUTES);
      assert.deepEqual({ plain: await passes("plain"), tcp: await passes("tcp") }, expected);
      await restartTraefiks();
      for (const name of ["plain", "tcp"] as const)
        if (expected[name]) await waitUntil(`an answer of ${name}`, () => serves(name), WAIT);
      if (expected.plain && expected.tcp) return;
      await delay(SILENCE_MS);
      assert.deepEqual({ plain: await serves("plain"), tcp: await serves("tcp") }, expected);
    });
});

function isReady({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status: value }) => type === "Ready" && value === "True");
}

/** The CRDs of a bundle, from its Go module. */
async function definitionsOf(version: string, channel: string): Promise<KubeObject[]> {
  const module = `sigs.k8s.io/gateway-api@v${version}`;
  const run = (...args: readonly string[]): Promise<string> =>
    go(`The source of ${module}`, args, {
      cwd: join(PROJECT, "tools/toolchain/gateway-api"),
      env: process.env,
    });
  await run("mod", "download", "-json", module).catch((error: unknown) => {
    // A bundle may need a newer Go to be built, but not to be read.
    if (!(error instanceof GoFailedError && error.output.includes('"Sum": "h1:'))) throw error;
  });
  const folder = join((await run("env", "GOMODCACHE")).trim(), module, "config/crd", channel);
  return readdirSync(folder)
    .filter((file) => file.startsWith("gateway.networking.k8s.io_") && !file.includes("_vap_"))
    .map((file) => parse(readFileSync(join(folder, file), "utf8")) as KubeObject);
}
