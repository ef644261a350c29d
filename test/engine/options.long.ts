import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import { parse, stringify } from "yaml";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { installFluxCrds } from "../../tools/sandbox/flux.ts";
import { moduleDirectory } from "../../tools/toolchain/modules.ts";
import { Engine, gatewayApiDirectory, PROJECT, type TestStack, expectSuccess } from "../support/engine.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";
import { evidenceIn } from "../support/evidence.ts";
import { FLUX, GATEWAYS, GATUS, REPOSITORY } from "./every-option.ts";

const TOKEN = "CANARYtoken".padEnd(30, "0");
const USER_KEY = "CANARYuserkey".padEnd(30, "0");
/** Keys in a Secret of another owner. */
const EXISTING = { app: "CANARYexisting".padEnd(30, "0"), user: "CANARYuser".padEnd(30, "0") };
const EXISTING_HASH = btoa(`$2b$10$CANARYtheirs${"a".repeat(41)}`);
const AGE_KEY = "AGE-SECRET-KEY-1CANARY";
const GATUS_USER = "edgefirst:CANARYpassword";
const PASSWORD_HASH = btoa(`$2b$10$CANARYhash${"a".repeat(43)}`);
/** In plain text, and as base64 in a Secret's data. */
const CANARIES = new RegExp(
  [TOKEN, USER_KEY, ...Object.values(EXISTING), EXISTING_HASH, AGE_KEY, GATUS_USER, PASSWORD_HASH]
    .flatMap((text) => [text, btoa(text).replace(/.=*$/, "")])
    .join("|"),
);
describe("engine: configuration options", function () {
  this.timeout(240_000);
  const clusters = useSandbox("full", "bare");
  let engine: Engine;
  let definitions: string;
  const clients: KubeClient[] = [];
  const client = (context: string): KubeClient => {
    const client = new KubeClient({ kubeconfig: clusters.sandbox.kubeconfig, context });
    clients.push(client);
    return client;
  };
  const base = (context: string) => ({
    cluster: { context, kubeconfig: clusters.sandbox.kubeconfig },
    gatewayApi: { source: definitions },
  });

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    engine = await Engine.create();
    definitions = await gatewayApiDirectory();
  });
  after(() => {
    for (const client of clients) client.close();
  });

  describe("all of them", () => {
    let stack: TestStack;

    before(async function () {
      this.timeout(START_TIMEOUT_MS);
      const cluster = client("full");
      await installFluxCrds(clusters.sandbox.kubeconfig, "full");
      const theirs = [
        ...(await operatorDefinitions()),
        namespace("certificates"),
        namespace("monitoring"),
        { ...object("v1", "Secret", "notify", "monitoring"), stringData: EXISTING },
        namespace("observability"),
        { ...object("v1", "Secret", "login", "observability"), stringData: { hash: EXISTING_HASH } },
      ];
      for (const each of theirs) await cluster.apply(each, { fieldManager: "test" });
      const alerting = {
        install: true,
        namespace: "monitoring",
        ruleLabels: { release: "prometheus" },
        pushover: { secret: "notify", token: "app", userKey: "user" },
      };
      stack = await engine.stack("full", {
        ...base("full"),
        gatewayApi: { source: definitions, descriptions: false },
        gateways: GATEWAYS,
        flux: FLUX,
        gatus: GATUS,
        alerting,
        networkPolicies: { install: true },
        images: { mirrors: { "ghcr.io": "mirror.example.com/ghcr" }, pullSecrets: ["registry"] },
      });
      await stack.setSecret("pushoverToken", TOKEN);
      await stack.setSecret("pushoverUserKey", USER_KEY);
      await stack.setSecret("sopsAgeKey", AGE_KEY);
      await stack.setSecret("gatusPasswordHash", PASSWORD_HASH);
      await stack.setSecret("gatusCredentials", `https://status.example.com basic ${GATUS_USER}`);
    });

    it("preview completely on the first run, and show no secret", async () => {
      const preview = await stack.preview();
      await expectSuccess(preview);
      const unknown = preview.steps.filter(({ newState }) =>
        JSON.stringify(newState?.inputs ?? {}).includes(unknownValue),
      );
      assert.deepEqual(
        unknown.map(({ urn }) => urn),
        [],
      );
      assert.ok(preview.steps.length > 60);
      assert.doesNotMatch(preview.output, /CANARY/);
    });

    it("come up without a diff, with no secret in plain text", async () => {
      const run = await stack.up();
      await expectSuccess(run);
      const preview = await stack.preview();
      await expectSuccess(preview);
      assert.deepEqual(preview.changes, []);
      assert.doesNotMatch(run.output + preview.output + (await stack.exportState()), /CANARY/);
    });

    it("apply the Gateway API's CRDs without descriptions", async () => {
      const name = "httproutes.gateway.networking.k8s.io";
      const live = await client("full").get(
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition", name),
      );
      assert.doesNotMatch(JSON.stringify(live?.spec), /"description":"/);
    });

    it("notice a description that was added to such a CRD by hand", async () => {
      const cluster = client("full");
      const crd = object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "httproutes.gateway.networking.k8s.io",
      );
      const live = await cluster.get(crd);
      const { versions } = live?.spec as { versions: { schema: { openAPIV3Schema: object } }[] };
      Object.assign(versions[0]!.schema.openAPIV3Schema, { description: "Added by hand." });
      await cluster.apply({ ...crd, spec: { versions } }, { fieldManager: "kubectl-edit", force: true });
      const { output } = await stack.preview();
      assert.match(output, /httproutes\S* was edited after this stack applied it: spec\.versions/);
    });

    it("leave no secret in plain text in the backend, the outputs and the reports", async () => {
      const reports = [
        ["status", "--json"],
        ["export", "github"],
        ["export", "operator", "--repo", REPOSITORY.url, "--backend", "s3://state"],
      ];
      const said = reports.map((args) => {
        const run = spawnSync(process.execPath, [join(PROJECT, "tools/cli/main.ts"), ...args], {
          cwd: join(engine.dir, "project"),
          env: engine.env,
          encoding: "utf8",
        });
        assert.equal(run.status, 0, run.stderr);
        return run.stdout + run.stderr;
      });
      const outputs = JSON.stringify(await stack.outputs());
      assert.match(outputs, /"verified"/);
      const files = ["state", "project"].flatMap((folder) => filesBelow(join(engine.dir, folder)));
      assert.ok(
        files.some((file) => file.endsWith("full.json")),
        "the state is among them",
      );
      assert.ok(
        files.some((file) => file.includes("/history/")),
        "and what each update did",
      );
      for (const text of [...said, outputs, ...files.map((file) => readFileSync(file, "latin1"))])
        assert.doesNotMatch(text, CANARIES);
    });
  });

  describe("a cluster without Flux, with objects of another owner", () => {
    const account = object("v1", "ServiceAccount", "gatus", "observability");
    const settings = object("v1", "ConfigMap", "gatus", "observability");
    let stack: TestStack;
    let cluster: KubeClient;
    let config: Record<string, unknown>;
    let sha256: string;

    before(async () => {
      cluster = client("bare");
      await cluster.apply(namespace("observability"), { fieldManager: "another-client" });
      await cluster.apply(account, { fieldManager: "another-client" });
      const foreign = { ...settings, data: { "config.yaml": "theirs: true", kept: "by its owner" } };
      await cluster.apply(foreign, { fieldManager: "another-client" });
      const manifest = await fluxManifest();
      const source = join(engine.dir, "gotk.yaml");
      writeFileSync(source, manifest);
      sha256 = createHash("sha256").update(manifest).digest("hex");
      config = {
        ...base("bare"),
        flux: { install: { source, sha256 }, source: REPOSITORY, root: { mode: "manage", path: "./apps" } },
        gatus: { install: true },
      };
      stack = await engine.stack("bare", config);
    });

    it("adopts the listed objects, and installs Flux and its root in one update, without a diff", async () => {
      stack.configure({
        ...config,
        adopt: ["ServiceAccount observability/gatus", "ConfigMap observability/gatus"],
      });
      const run = await stack.up();
      await expectSuccess(run);
      const root = object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "cluster-apps", "flux-system");
      assert.notEqual(await cluster.get(root), undefined);
      const { verified } = evidenceIn(await stack.outputs());
      assert.deepEqual(verified[0]?.manifests, { flux: sha256 });
      const { data, metadata } = (await cluster.get(settings)) as KubeObject & {
        data: Record<string, string>;
      };
      assert.match(data["config.yaml"] ?? "", /skip-invalid-config-update/);
      assert.equal(data.kept, "by its owner");
      assert.equal(metadata.labels?.["edgefirst.dev/stack"], "bare");
      const preview = await stack.preview();
      await expectSuccess(preview);
      assert.deepEqual(preview.changes, []);
    });

    it("keeps adopted objects once the list is empty again", async () => {
      stack.configure(config);
      const run = await stack.up();
      await expectSuccess(run);
      const live = await cluster.get(settings);
      assert.equal(live?.metadata.labels?.["edgefirst.dev/stack"], "bare");
      assert.equal(live.metadata.annotations?.["pulumi.com/patchForce"], undefined);
    });
  });
});

function object(apiVersion: string, kind: string, name: string, at?: string): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(at !== undefined && { namespace: at }) } };
}

function namespace(name: string): KubeObject {
  return object("v1", "Namespace", name);
}

/** The Prometheus operator's CRDs, from its Go module. */
async function operatorDefinitions(): Promise<KubeObject[]> {
  const module = "github.com/prometheus-operator/prometheus-operator";
  const folder = join(
    await moduleDirectory("prometheus-operator", module),
    "example/prometheus-operator-crd",
  );
  return ["alertmanagerconfigs", "podmonitors", "prometheusrules"].map(
    (name) => parse(readFileSync(join(folder, `monitoring.coreos.com_${name}.yaml`), "utf8")) as KubeObject,
  );
}

/** The manifest of `flux install --export`, with the CRDs of the Go modules. */
async function fluxManifest(): Promise<string> {
  const folders = await Promise.all(
    ["source-controller", "kustomize-controller"].map(async (name) =>
      join(await moduleDirectory("flux", `github.com/fluxcd/${name}`), "config/crd/bases"),
    ),
  );
  const definitions = folders.flatMap((folder) =>
    readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8")),
  );
  const others = [
    namespace("flux-system"),
    object("v1", "ServiceAccount", "source-controller", "flux-system"),
    { ...object("v1", "ResourceQuota", "critical-pods", "flux-system"), spec: { hard: { pods: "1000" } } },
  ];
  return [...others.map((other) => stringify(other)), ...definitions].join("\n---\n");
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
