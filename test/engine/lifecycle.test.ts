import assert from "node:assert/strict";
import { loadPins } from "../../config/pins.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { installFluxCrds } from "../../tools/sandbox/flux.ts";
import { fullConfiguration, GATEWAY } from "../support/configuration.ts";
import { Engine, gatewayApiDirectory, type TestStack, expectSuccess } from "../support/engine.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

const AGE_KEY = "AGE-SECRET-KEY-CANARY-1";
const ROUTE = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "app", namespace: "default" },
  spec: { parentRefs: [{ name: "external", namespace: "network" }], hostnames: ["app.example.com"] },
};
const DEFINITION = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "httproutes.gateway.networking.k8s.io" },
};
const named = (apiVersion: string, kind: string, name: string, namespace?: string) => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
});
const ROOT = named("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "cluster-apps", "flux-system");
const REPOSITORY = named("source.toolkit.fluxcd.io/v1", "GitRepository", "repo", "flux-system");
const TRAEFIK = named("apps/v1", "Deployment", "traefik-gateway-external", "network");

describe("engine: the lifecycle of a stack", function () {
  this.timeout(180_000);
  const clusters = useSandbox("edge", "main");
  let engine: Engine;
  let cluster: KubeClient;
  let edge: TestStack;
  let config: Record<string, unknown>;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = clusters.sandbox;
    await installFluxCrds(kubeconfig, "edge");
    engine = await Engine.create();
    cluster = new KubeClient({ kubeconfig, context: "edge" });
    config = await fullConfiguration(kubeconfig, "edge");
    edge = await engine.stack("edge", config);
    await edge.setSecret("sopsAgeKey", AGE_KEY);
  });
  after(() => {
    cluster.close();
  });

  const exists = async (...references: Parameters<KubeClient["get"]>[0][]): Promise<boolean[]> =>
    Promise.all(references.map(async (reference) => (await cluster.get(reference)) !== undefined));

  it("previews on a cluster without the CRDs, and changes nothing", async () => {
    const preview = await edge.preview();
    await expectSuccess(preview);
    assert.ok(preview.steps.every(({ op }) => op === "create"));
    assert.ok(
      preview.steps.some(({ urn }) => urn.includes("gateway.networking.k8s.io/v1:Gateway::network/external")),
    );
    assert.deepEqual(await exists(DEFINITION, named("v1", "Namespace", "network")), [false, false]);
  });

  it("shows no secret in a preview", async () => {
    assert.doesNotMatch((await edge.previewText()).output, /CANARY/);
  });

  it("comes up", async () => {
    const run = await edge.up();
    await expectSuccess(run);
    assert.deepEqual(await exists(DEFINITION, ROOT, REPOSITORY, TRAEFIK), [true, true, true, true]);
    assert.doesNotMatch(run.output, /CANARY/);
  });

  it("labels every object with the stack, and applies it with the one field manager", async () => {
    const state = JSON.parse(await edge.exportState()) as {
      deployment: {
        resources: {
          type: string;
          custom: boolean;
          inputs: { metadata?: { labels?: object } };
          outputs: { __fieldManager?: string };
        }[];
      };
    };
    const objects = state.deployment.resources.filter(
      ({ type, custom }) => custom && type.startsWith("kubernetes:"),
    );
    assert.ok(objects.length > 20);
    for (const { inputs, outputs } of objects) {
      const labels = inputs.metadata?.labels as Record<string, string> | undefined;
      assert.deepEqual([labels?.["edgefirst.dev/stack"], outputs.__fieldManager], ["edge", "edgefirst"]);
    }
  });

  it("encrypts the secret in the state, and creates it where Flux decrypts", async () => {
    assert.doesNotMatch(await edge.exportState(), /CANARY/);
    const secret = await cluster.get(named("v1", "Secret", "sops-age", "flux-apps"));
    const { "age.agekey": key } = secret?.data as Record<string, string>;
    assert.equal(Buffer.from(key!, "base64").toString(), AGE_KEY);
  });

  it("previews no change", async () => {
    const preview = await edge.preview();
    await expectSuccess(preview);
    assert.deepEqual(preview.changes, []);
  });

  it("changes only the objects that a setting affects", async () => {
    const endpoint = { name: "router", url: "icmp://192.0.2.1", conditions: ["[CONNECTED] == true"] };
    edge.configure({
      ...config,
      gatus: { install: true, hostname: "status.example.com", endpoints: [endpoint] },
    });
    await edge.setSecret("sopsAgeKey", AGE_KEY);
    const { changes } = await edge.preview();
    assert.deepEqual(changes.map(({ op, urn }) => `${op} ${urn.split("$kubernetes:").at(-1) ?? ""}`).sort(), [
      "update apps/v1:Deployment::observability/gatus",
      "update core/v1:ConfigMap::observability/gatus",
    ]);
    edge.configure(config);
    await edge.setSecret("sopsAgeKey", AGE_KEY);
  });

  it("reports outputs: release, versions, addresses", async () => {
    const outputs = await edge.outputs();
    assert.match(String(outputs.release), /^[0-9a-f]{12}$/);
    assert.equal((outputs.versions as Record<string, string>).gatewayApi, loadPins().gatewayApi.version);
  });

  it("serves another cluster with configuration alone, and leaves the first one unchanged", async function () {
    const { kubeconfig } = clusters.sandbox;
    const main = await engine.stack("main", {
      cluster: { context: "main", kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      gateways: [{ ...GATEWAY, traefik: { install: false } }],
    });
    const run = await main.up();
    await expectSuccess(run);
    assert.match(run.output, /kubernetesGateway:/, "says which values the HelmRelease needs");
    const other = new KubeClient({ kubeconfig, context: "main" });
    try {
      assert.notEqual(
        await other.get(named("gateway.networking.k8s.io/v1", "Gateway", "external", "network")),
        undefined,
      );
      assert.equal(await other.get(TRAEFIK), undefined);
    } finally {
      other.close();
    }
    assert.deepEqual((await edge.preview()).changes, []);
  });

  it("keeps CRDs, namespaces, the root, its source and users' routes when destroyed", async () => {
    await cluster.apply(ROUTE, { fieldManager: "user" });
    const run = await edge.destroy();
    await expectSuccess(run);
    const namespaces = ["network", "observability", "flux-apps"].map((name) =>
      named("v1", "Namespace", name),
    );
    const left = await exists(DEFINITION, ROOT, REPOSITORY, ROUTE, ...namespaces);
    assert.deepEqual(
      left,
      left.map(() => true),
    );
    assert.deepEqual(await exists(TRAEFIK), [false]);
  });

  it("comes up again over what it kept, without a diff", async () => {
    const run = await edge.up();
    await expectSuccess(run);
    assert.deepEqual((await edge.preview()).changes, []);
  });
});
