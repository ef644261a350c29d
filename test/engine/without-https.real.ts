import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { KubeClient } from "../../kube/kube-client.ts";
import { canDiscover } from "../../tools/sandbox/gatus-sidecar.ts";
import {
  Engine,
  gatewayApiDirectory,
  PROJECT,
  type TestStack,
  expectFailure,
  expectSuccess,
} from "../support/engine.ts";
import { evidenceIn } from "../support/evidence.ts";
import { useRealPods } from "../support/real-pods.ts";
import { skip } from "../support/skip.ts";

interface Committed {
  readonly "edgefirst:gateways": readonly Record<string, unknown>[];
  readonly "edgefirst:gatus": object;
}

/** The stack as it is committed: its Gateway has no HTTPS listener, because the cluster has no certificate. */
const { config } = parse(readFileSync(join(PROJECT, "Pulumi.edge.yaml"), "utf8")) as { config: Committed };
const [GATEWAY = {}] = config["edgefirst:gateways"];
const HOST = "app.haynesedge.com";
const OK = "[STATUS] == 200";
const WEAK = "[CONNECTED] == true";

/** Too slow for `npm test`: `npm run test:real`. */
describe("engine: the committed edge, with the real Traefik and the real Gatus", function () {
  this.timeout(400_000);
  const cluster = useRealPods("traefik", "gatus");
  const discovers = canDiscover();
  let engine: Engine;
  let client: KubeClient;
  let stack: TestStack;

  before(async () => {
    engine = await Engine.create();
    client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "edge" });
    stack = await engine.stack("edge", await settings());
  });
  after(() => {
    client.close();
  });

  /** @param defaults the Gateway's endpoint defaults, next to a short interval */
  async function settings(defaults: { conditions?: string[] } = {}): Promise<Record<string, unknown>> {
    const endpoint = { interval: "2s", ...defaults };
    const probe = (name: string, host: string) => ({
      ...{ name, url: `http://${host}`, conditions: [OK] },
      ...endpoint,
    });
    const listed = {
      discover: { httpRoutes: false },
      endpoints: [probe("app", HOST), probe("gatus", "status.haynesedge.com")],
    };
    return {
      cluster: { context: "edge", kubeconfig: cluster.sandbox.kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      gateways: [{ ...GATEWAY, gatus: { endpoint } }],
      // Without gatus-sidecar on this machine, the endpoints that it and the filter would write.
      gatus: { ...config["edgefirst:gatus"], ...(!discovers && listed) },
      verification: {
        ...{ soak: "3s", timeout: "90s", interval: "1s" },
        gatus: { namespace: "observability", service: "gatus", port: "http" },
      },
    };
  }

  /** Adds an app that answers 200, or 404 if it asks for a path that its backend does not have. */
  async function addApp(path: string): Promise<void> {
    const rewrite = { type: "ReplaceFullPath", replaceFullPath: path };
    const rule = {
      filters: [{ type: "URLRewrite", urlRewrite: { path: rewrite } }],
      backendRefs: [{ namespace: "observability", name: "gatus", port: 80 }],
    };
    for (const object of [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } },
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { name: "app", namespace: "apps" },
        spec: {
          hostnames: [HOST],
          parentRefs: [{ name: GATEWAY.name, namespace: GATEWAY.namespace }],
          rules: [rule],
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

  it("verifies green with an app that Gatus probes over plain HTTP", async () => {
    const first = await stack.up();
    await expectSuccess(first);
    await addApp("/health");
    const second = await stack.up();
    await expectSuccess(second);
    const { verified } = evidenceIn(await stack.outputs());
    const checked = verified[0]?.checks.find(({ id }) => id === "gatus");
    assert.deepEqual([checked?.outcome, checked?.objects], ["held", 2], "the app and the page");
    assert.doesNotMatch(second.output, /has no HTTPS listener/);
  });

  it("is red while the app answers with an error", async () => {
    await addApp("/api/v1/absent");
    const run = await stack.up();
    await expectFailure(run);
    assert.match(
      run.output,
      /Gatus endpoint _app of HTTPRoute apps\/app: is down .*\[STATUS\] \(404\) == 200/,
    );
  });

  it("judges the app by the Gateway's present defaults, not by earlier ones", async () => {
    stack.configure(await settings({ conditions: [WEAK] }));
    const weak = await stack.up();
    await expectSuccess(weak);
    stack.configure(await settings());
    const run = await stack.up();
    await expectFailure(run);
    assert.match(
      run.output,
      /Gatus endpoint _app of HTTPRoute apps\/app: is down .*\[STATUS\] \(404\) == 200/,
    );
  });

  it("keeps monitoring if a route asks for an endpoint that Gatus refuses", async function () {
    if (!discovers) skip(this, "gatus-sidecar or PyYAML is not installed");
    await addApp("/health");
    const hostile = "conditions: 5\nurl: https://%zz\nheaders: [a]\nclient: { timeout: soon }";
    await client.apply(
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: {
          ...{ name: "hostile", namespace: "apps" },
          annotations: { "gatus.home-operations.com/endpoint": hostile },
        },
        spec: {
          hostnames: ["hostile.haynesedge.com"],
          parentRefs: [{ name: GATEWAY.name, namespace: GATEWAY.namespace }],
        },
      },
      { fieldManager: "test" },
    );
    // Gatus looks for changed files every 30 seconds.
    await delay(40_000);
    const { status, body } = await cluster.get("status.haynesedge.com", "/api/v1/endpoints/_app/statuses");
    assert.equal(status, 200, body);
    const { results } = JSON.parse(body) as { results: { success: boolean; timestamp: string }[] };
    const last = results.at(-1);
    assert.equal(last?.success, true);
    assert.ok(Date.now() - Date.parse(last.timestamp) < 10_000, body);
  });
});
