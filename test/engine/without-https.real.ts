import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { KubeClient } from "../../kube/kube-client.ts";
import { findGatusSidecar } from "../../tools/sandbox/gatus-sidecar.ts";
import { Engine, gatewayApiDirectory, PROJECT, type TestStack } from "../support/engine.ts";
import { evidenceIn } from "../support/evidence.ts";
import { useRealPods } from "../support/real-pods.ts";

interface Committed {
  readonly "edgefirst:gateways": readonly Record<string, unknown>[];
  readonly "edgefirst:gatus": object;
}

/** The stack as it is committed: its Gateway has no HTTPS listener, because the cluster has no certificate. */
const { config } = parse(readFileSync(join(PROJECT, "Pulumi.edge.yaml"), "utf8")) as { config: Committed };
const [GATEWAY = {}] = config["edgefirst:gateways"];
const { gatus: DEFAULTS } = GATEWAY as { gatus: { endpoint: object } };
const HOST = "app.haynesedge.com";

/** Too slow for `npm test`: `npm run test:real`. */
describe("engine: the committed edge, with the real Traefik and the real Gatus", function () {
  this.timeout(400_000);
  const cluster = useRealPods("traefik", "gatus");
  let engine: Engine;
  let client: KubeClient;
  let stack: TestStack;
  /** Without gatus-sidecar on this machine, the endpoint that it would write for the app's route. */
  const sidecar = findGatusSidecar() !== undefined;

  before(async () => {
    engine = await Engine.create();
    client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "edge" });
    stack = await engine.stack("edge", await settings(GATEWAY, DEFAULTS.endpoint));
  });
  after(() => {
    client.close();
    engine.remove();
  });

  async function settings(gateway: object, endpoint: object): Promise<Record<string, unknown>> {
    const app = {
      name: "app",
      url: `https://${HOST}`,
      interval: "2s",
      conditions: ["[STATUS] == 200"],
      ...endpoint,
    };
    const page = {
      name: "gatus",
      url: "http://status.haynesedge.com",
      interval: "2s",
      conditions: ["[STATUS] == 200"],
    };
    return {
      cluster: { context: "edge", kubeconfig: cluster.sandbox.kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      gateways: [gateway],
      gatus: {
        ...config["edgefirst:gatus"],
        ...(!sidecar && { discover: { httpRoutes: false }, endpoints: [app, { ...page, ...endpoint }] }),
      },
      verification: { soak: "3s", timeout: "150s", interval: "1s" },
    };
  }

  async function addApp(): Promise<void> {
    const metadata = { name: "app", namespace: "apps" };
    for (const object of [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } },
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata,
        spec: {
          hostnames: [HOST],
          parentRefs: [{ name: GATEWAY.name, namespace: GATEWAY.namespace }],
          rules: [{ backendRefs: [{ namespace: "observability", name: "gatus", port: 80 }] }],
        },
      },
      {
        apiVersion: "gateway.networking.k8s.io/v1beta1",
        kind: "ReferenceGrant",
        metadata: { name: "apps", namespace: "observability" },
        spec: {
          from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "apps" }],
          to: [{ group: "", kind: "Service" }],
        },
      },
    ])
      await client.apply(object, { fieldManager: "test" });
  }

  it("verifies green with an app, although gatus-sidecar probes https", async () => {
    const first = await stack.up();
    assert.equal(first.code, 0, first.output);
    await addApp();
    const second = await stack.up();
    assert.equal(second.code, 0, second.output);
    const { verified } = evidenceIn(await stack.outputs());
    const checked = verified[0]?.checks.find(({ id }) => id === "gatus");
    assert.deepEqual([checked?.outcome, checked?.objects], ["held", 2], "the app and the page");
  });
});
