import assert from "node:assert/strict";
import { appendFileSync, cpSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { KubeClient } from "../../kube/kube-client.ts";
import { SOURCE } from "../support/configuration.ts";
import {
  Engine,
  gatewayApiDirectory,
  QUICK_VERIFICATION,
  type TestStack,
  expectFailure,
} from "../support/engine.ts";
import { listening } from "../support/listening.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const LABELS_OF_FLUX = {
  "kustomize.toolkit.fluxcd.io/name": "gatus",
  "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
};

describe("engine: refuses before anything is changed", function () {
  this.timeout(60_000);
  const clusters = useSandbox("edge");
  let engine: Engine;
  let stack: TestStack;
  let cluster: KubeClient;
  let crds: string;
  let base: Record<string, unknown>;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    crds = await gatewayApiDirectory();
    engine = await Engine.create();
    const { kubeconfig } = clusters.sandbox;
    base = {
      cluster: { context: "edge", kubeconfig },
      gatewayApi: { source: crds },
      gatus: { install: true },
    };
    stack = await engine.stack("edge", base);
    cluster = new KubeClient({ kubeconfig, context: "edge" });
  });
  after(() => {
    cluster.close();
  });

  /** Expects `up` with this configuration to be refused, and the cluster to have no part of the platform. */
  async function refused(config: Record<string, unknown>, ...expected: RegExp[]): Promise<void> {
    stack.configure({ ...base, ...config });
    await expectFailure(stack.previewText(), ...expected);
    await expectFailure(stack.up(), ...expected);
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "gatus", namespace: "observability" },
    };
    assert.equal(await cluster.get(deployment), undefined);
  }

  it("an invalid configuration: every error with path, value and expectation", () =>
    refused(
      { gatus: { install: "yes" }, gateways: [{ name: "external" }], surprise: "1" },
      /edgefirst:gatus\.install: "yes" is not valid; expected boolean/,
      /edgefirst:gateways\[0\]\.namespace: missing/,
      /edgefirst:surprise: unknown key/,
    ));

  it("a verification that could prove nothing: no soak without a reason, or no look during the soak", async () => {
    const settings = { ...QUICK_VERIFICATION, withoutSoak: undefined };
    await refused(
      { verification: settings },
      /edgefirst:verification\.soak: 0s proves little, because the checks run only once/,
      /edgefirst:verification\.withoutSoak/,
    );
    await refused(
      { verification: { ...settings, soak: "2s", interval: "3s" } },
      /edgefirst:verification\.interval: 3s is longer than the soak of 2s/,
    );
  });

  it("a manifest with the wrong checksum", async () => {
    const copy = temporaryDirectory("edgefirst-crds-");
    cpSync(crds, copy, { recursive: true });
    appendFileSync(join(copy, "gateway.networking.k8s.io_httproutes.yaml"), "# tampered\n");
    await refused(
      { gatewayApi: { source: copy } },
      /httproutes\.yaml has the wrong checksum/,
      /expected SHA-256 [0-9a-f]{64}/,
    );
  });

  it("an object that Flux owns: names the owner and how to hand it over", async () => {
    await cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "observability" } },
      { fieldManager: "test" },
    );
    const service = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "gatus", namespace: "observability", labels: LABELS_OF_FLUX },
    };
    await cluster.apply(service, { fieldManager: "kustomize-controller" });
    try {
      await refused(
        {},
        /ServiceAccount observability\/gatus already exists and belongs to Flux \(Kustomization flux-system\/gatus\)/,
        /edgefirst:adopt/,
      );
    } finally {
      await cluster.delete(service);
    }
  });

  it("CRDs that are newer on the cluster", async () => {
    await cluster.apply(
      {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: {
          name: "httproutes.gateway.networking.k8s.io",
          labels: { "edgefirst.dev/stack": "edge" },
          annotations: {
            "gateway.networking.k8s.io/bundle-version": "v1.99.0",
            "gateway.networking.k8s.io/channel": "standard",
            "api-approved.kubernetes.io": "https://example.com/test",
          },
        },
        spec: {
          group: "gateway.networking.k8s.io",
          scope: "Namespaced",
          names: { kind: "HTTPRoute", plural: "httproutes" },
          versions: [
            { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
          ],
        },
      },
      { fieldManager: "test" },
    );
    await refused({}, /CRD httproutes is newer on edge/, /v1\.99\.0/, /never downgraded/);
  });

  it("missing Flux CRDs: names the command that installs them", () =>
    refused(
      {
        flux: {
          source: SOURCE,
          root: { mode: "manage", path: "./apps" },
        },
      },
      /flux install/,
    ));

  it("a context that the kubeconfig does not have", () =>
    refused(
      { cluster: { context: "prod", kubeconfig: clusters.sandbox.kubeconfig } },
      /has no context prod \(contexts: edge\)/,
    ));

  describe("an unreachable cluster", () => {
    let silent: Server;
    before(async () => {
      silent = createServer();
      await listening(silent);
    });
    after(() => {
      silent.close();
    });

    function kubeconfigFor(port: number): string {
      const dir = temporaryDirectory("edgefirst-unreachable-");
      const file = join(dir, "kubeconfig");
      writeFileSync(
        file,
        stringify({
          apiVersion: "v1",
          kind: "Config",
          clusters: [{ name: "x", cluster: { server: `https://127.0.0.1:${port}` } }],
          users: [{ name: "x", user: { token: "none" } }],
          contexts: [{ name: "edge", context: { cluster: "x", user: "x" } }],
        }),
      );
      return file;
    }

    it("that refuses connections", () =>
      refused(
        { cluster: { context: "edge", kubeconfig: kubeconfigFor(1) } },
        /cannot be reached at https:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
      ));

    it("that never responds: reported within 20 s", async function () {
      this.timeout(20_000);
      const { port } = silent.address() as { port: number };
      stack.configure({ ...base, cluster: { context: "edge", kubeconfig: kubeconfigFor(port) } });
      await expectFailure(stack.previewText(), /cannot be reached at .*: no response within 5 s/);
    });
  });
});
