import assert from "node:assert/strict";
import { parse } from "yaml";
import { configSchema } from "../../../config/schema.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { formatStackFile, stackSections } from "../../../tools/init/stack-file.ts";
import { survey } from "../../../tools/init/survey.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { FLUX, GATEWAYS, GATUS, ISSUER, K3S_TRAEFIK, ROUTES_CRD, TRAEFIK } from "./cluster.ts";

const PINS = {
  gatewayApi: { version: "v1.4.1", channel: "standard", baseUrl: "https://x", files: [] },
} as const;

async function fileFor(cluster = clusterHolding(), stacks: readonly string[] = []): Promise<string> {
  const found = await survey(cluster);
  const args = { stack: "main", cluster: { context: "admin@main" }, found, stacks, pins: PINS };
  return formatStackFile(args, stackSections(args));
}

/** The configuration in a file, as the program reads it: it must match the schema. */
function configOf(text: string) {
  const { config } = parse(text) as { config: Record<string, unknown> };
  const entries = Object.entries(config).map(([key, value]) => [key.replace("edgefirst:", ""), value]);
  return configSchema.parse(Object.fromEntries(entries));
}

describe("edgefirst init: the stack file", () => {
  it("installs only the Gateway API on an empty cluster, and offers the rest as comments", async () => {
    const text = await fileFor();
    const config = configOf(text);
    assert.deepEqual(config.cluster, { context: "admin@main" });
    assert.equal(config.gatewayApi.install, true);
    assert.equal(config.gatewayApi.descriptions, false);
    assert.deepEqual(config.gateways, []);
    assert.equal(config.flux, undefined);
    assert.equal(config.gatus.install, false);
    assert.match(
      text,
      /# The cluster has no Gateway API: the stack installs Gateway API v1\.4\.1 \(standard\)\./,
    );
    assert.match(text, /# The cluster has no Flux Kustomizations\./);
    assert.match(text, /^ {2}# edgefirst:gateways:\n {2}# {3}- name: external$/m);
  });

  it("contains examples that are valid once uncommented", async () => {
    const text = (await fileFor(clusterHolding(ISSUER))).replaceAll(/^ {2}# (edgefirst:| {2})/gm, "  $1");
    const config = configOf(text);
    assert.deepEqual(config.after, ["edge"]);
    const [gateway] = config.gateways;
    assert.equal(gateway?.traefik.install, true);
    assert.deepEqual(gateway.https.hostnames[0]?.certificate, {
      issuer: "letsencrypt",
      kind: "ClusterIssuer",
    });
  });

  it("contains Flux's root and source, with only what differs from the defaults", async () => {
    const text = await fileFor(clusterHolding(...FLUX));
    const { "edgefirst:flux": flux } = (parse(text) as { config: Record<string, unknown> }).config;
    assert.deepEqual(flux, {
      source: {
        kind: "GitRepository",
        name: "fleet",
        url: "ssh://git@example.com/fleet",
        ref: { branch: "main" },
        interval: "1h",
      },
      root: {
        mode: "observe",
        name: "apps",
        path: "./kubernetes/apps",
        decryptionSecret: "age",
        substituteFrom: [{ kind: "ConfigMap", name: "settings" }],
      },
    });
    assert.match(text, /# Kustomization flux-system\/apps applies 2 other Kustomizations\./);
    assert.match(text, /# Other Kustomizations that apply Kustomizations: flux-system\/cluster\./);
    configOf(text);
  });

  it("leaves running apps to their owners, and names those", async () => {
    const text = await fileFor(clusterHolding(ROUTES_CRD, TRAEFIK, GATUS, ISSUER, ...GATEWAYS));
    const config = configOf(text);
    assert.equal(config.gatewayApi.install, false);
    assert.match(
      text,
      /# Gateway API v1\.3\.0 \(standard\) belongs to another owner \(field managers: kubectl\)\./,
    );
    assert.equal(config.gateways.length, 1);
    const [gateway] = config.gateways;
    assert.equal(gateway?.traefik.install, false);
    // The plain listener serves apps, and stays as it is.
    assert.deepEqual(gateway.http, { port: 8000, redirectToHttps: false });
    assert.deepEqual(gateway.https.hostnames, [
      { hostname: "*.example.com", certificate: { secret: "example-com-tls" } },
    ]);
    assert.match(
      text,
      /# Traefik: Deployment network\/traefik \(.*v3\.6\.12\).*Flux \(HelmRelease network\/traefik\)\./,
    );
    assert.match(text, /# Gateways that belong to other controllers, left unchanged: network\/mesh\./);
    assert.match(text, /# cert-manager: ClusterIssuer letsencrypt\.$/m);
    assert.match(text, /# Gatus: Deployment observability\/gatus .*belongs to another owner/);
  });

  it("finds a Traefik whose HelmRelease has not been installed yet, once", async () => {
    const release: KubeObject = {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "traefik", namespace: "network" },
      spec: { chartRef: { kind: "OCIRepository", name: "traefik" } },
    };
    assert.deepEqual(
      (await survey(clusterHolding(release))).traefiks.map(({ kind }) => kind),
      ["HelmRelease"],
    );
    const both = await survey(clusterHolding(release, TRAEFIK));
    assert.deepEqual(
      both.traefiks.map(({ kind }) => kind),
      ["Deployment"],
    );
  });

  it("finds the Traefik of k3s, and offers a second one next to it", async () => {
    const text = await fileFor(clusterHolding(K3S_TRAEFIK));
    assert.match(
      text,
      /# Traefik: Deployment kube-system\/traefik \(rancher\/mirrored-library-traefik:3\.6\.10\)/,
    );
    assert.match(text, /# {5}traefik:\n {2}# {7}install: false$/m);
    assert.match(text, /For a second Traefik/);
  });

  it("writes a section that does not match the schema as a comment, with the reason", async () => {
    const bucket = FLUX.map((object) => ({
      ...object,
      ...(object.kind === "GitRepository"
        ? { kind: "Bucket" }
        : { spec: { ...(object.spec as object), sourceRef: { kind: "Bucket", name: "fleet" } } }),
    }));
    const text = await fileFor(clusterHolding(...bucket));
    assert.equal(configOf(text).flux, undefined);
    assert.match(
      text,
      /# The live object does not fit this configuration:\n[^]*Invalid option[^]*source\.kind/,
    );
    assert.match(text, /# {3}source:\n {2}# {5}kind: Bucket$/m);
  });

  it("names the other stacks as possible upstream stacks", async () => {
    assert.match(await fileFor(clusterHolding(), ["edge"]), /# edgefirst:after:\n {2}# {3}- edge$/m);
  });

  it("says which kinds it was not allowed to list", async () => {
    const cluster = clusterHolding(...FLUX);
    const text = await fileFor({
      ...cluster,
      list: (apiVersion, kind) =>
        kind === "Issuer"
          ? Promise.reject(new EdgefirstError("forbidden\nAsk."))
          : cluster.list(apiVersion, kind),
    });
    assert.match(text, /^# Could not list Issuer: forbidden$/m);
    configOf(text);
  });
});
