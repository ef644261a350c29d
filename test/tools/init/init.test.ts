import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { KubeClient } from "../../../kube/kube-client.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { START_TIMEOUT_MS, useSandbox } from "../../support/sandbox.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { FLUX, ISSUER, ROUTES_CRD, TRAEFIK } from "./cluster.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");

/** A CRD that accepts any object of a kind. */
function definition(apiVersion: string, kind: string, scope: "Namespaced" | "Cluster"): KubeObject {
  const [group = "", version = ""] = apiVersion.split("/");
  const singular = kind.toLowerCase();
  const plural = kind.endsWith("y") ? `${singular.slice(0, -1)}ies` : `${singular}s`;
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, singular, plural },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

describe("edgefirst init on a real API server", function () {
  this.timeout(START_TIMEOUT_MS);
  const sandbox = useSandbox("edge");
  const project = temporaryDirectory("edgefirst-init-");
  let kubeconfig: string;
  before(async () => {
    writeFileSync(join(project, "Pulumi.yaml"), "name: platform\nruntime: nodejs\n");
    const client = new KubeClient({ kubeconfig: sandbox.sandbox.kubeconfig, context: "edge" });
    const apply = (object: KubeObject) => client.apply(object, { fieldManager: "test", force: true });
    const routes = definition("gateway.networking.k8s.io/v1", "HTTPRoute", "Namespaced");
    const { annotations } = ROUTES_CRD.metadata;
    const approved = {
      ...annotations,
      "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api",
    };
    await apply({ ...routes, metadata: { ...routes.metadata, annotations: approved } });
    for (const [apiVersion, kind, scope] of [
      ["kustomize.toolkit.fluxcd.io/v1", "Kustomization", "Namespaced"],
      ["source.toolkit.fluxcd.io/v1", "GitRepository", "Namespaced"],
      ["cert-manager.io/v1", "ClusterIssuer", "Cluster"],
    ] as const)
      await apply(definition(apiVersion, kind, scope));
    for (const name of ["network", "flux-system"])
      await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    for (const object of [...FLUX, ISSUER, TRAEFIK]) await served(client, object, apply);
    kubeconfig = join(project, "kubeconfig");
    writeFileSync(kubeconfig, await readerKubeconfig(sandbox.sandbox.kubeconfig, client));
    client.close();
  });

  const edgefirst = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, "init", ...args, "--context", "reader", "--kubeconfig", kubeconfig], {
      cwd: project,
      encoding: "utf8",
    });

  it("prints, writes and does not overwrite, with read-only rights", () => {
    const printed = edgefirst("edge", "--stdout");
    assert.equal(printed.status, 0, printed.stderr);
    assert.match(printed.stdout, /Gateway API v1\.3\.0/);
    assert.match(printed.stdout, /name: apps\n {6}path: \.\/kubernetes\/apps$/m);
    assert.match(printed.stdout, /Traefik: Deployment network\/traefik/);
    assert.match(printed.stdout, /cert-manager: ClusterIssuer letsencrypt/);
    assert.doesNotMatch(printed.stdout, /Could not list/);
    assert.ok(!readdirSync(project).includes("Pulumi.edge.yaml"), "--stdout writes nothing");

    const file = join(project, "Pulumi.edge.yaml");
    assert.equal(edgefirst("edge").status, 0);
    assert.equal(readFileSync(file, "utf8"), printed.stdout);
    const salt = "encryptionsalt: v1:dsN0DLdumI8=\n";
    writeFileSync(file, salt);
    assert.equal(edgefirst("edge").status, 0);
    assert.equal(readFileSync(file, "utf8"), printed.stdout + salt);
    writeFileSync(file, "mine\n");
    const again = edgefirst("edge");
    assert.equal(again.status, 2);
    assert.match(again.stderr, /Pulumi\.edge\.yaml already exists\.\nOverwrite it with --force/);
    assert.equal(readFileSync(file, "utf8"), "mine\n");
    assert.equal(edgefirst("edge", "--force").status, 0);
    assert.equal(readFileSync(file, "utf8"), printed.stdout);
  });

  it("gives the same configuration as JSON", () => {
    const { stdout, stderr } = edgefirst("main", "--json");
    const { config, found } = JSON.parse(stdout) as { config: unknown; found: { issuers: unknown[] } };
    assert.deepEqual(
      config,
      (parse(edgefirst("main", "--stdout").stdout) as { config: unknown }).config,
      stderr,
    );
    assert.equal(found.issuers.length, 1);
  });
});

/** A new kind is served only a moment after its CRD is created. */
async function served(
  client: KubeClient,
  object: KubeObject,
  apply: (object: KubeObject) => Promise<unknown>,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await apply(object);
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** A kubeconfig for a ServiceAccount that may get and list everything, and do nothing else. */
async function readerKubeconfig(file: string, client: KubeClient): Promise<string> {
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "reader", namespace: "default" },
  };
  const rbac = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "reader" };
  for (const object of [
    account,
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "reader" },
      rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list"] }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "reader" },
      roleRef: rbac,
      subjects: [{ kind: "ServiceAccount", name: "reader", namespace: "default" }],
    },
  ])
    await client.apply(object, { fieldManager: "test" });
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "reader",
      namespace: "default",
      annotations: { "kubernetes.io/service-account.name": "reader" },
    },
    type: "kubernetes.io/service-account-token",
  };
  await client.apply(secret, { fieldManager: "test" });
  let token: string | undefined;
  for (let attempt = 0; token === undefined && attempt < 50; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    token = ((await client.get(secret))?.data as { token?: string } | undefined)?.token;
  }
  const config = parse(readFileSync(file, "utf8")) as {
    clusters: { name: string }[];
    contexts: { name: string; context: object }[];
  };
  return stringify({
    ...config,
    users: [{ name: "reader", user: { token: Buffer.from(token ?? "", "base64").toString() } }],
    contexts: config.contexts.map(({ context }) => ({
      name: "reader",
      context: { ...context, user: "reader" },
    })),
  });
}
