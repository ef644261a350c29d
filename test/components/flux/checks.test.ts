import assert from "node:assert/strict";
import type { Finding } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { checkFluxApps } from "../../../components/flux/apps-checks.ts";
import { checkFluxRoot } from "../../../components/flux/root-checks.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { appsArgs, rootArgs } from "../../support/flux-args.ts";

const OPT_OUT = { "substitution.flux.home.arpa/disabled": "true" };

function crd(name: string, fields: readonly string[], version = "v1"): KubeObject {
  const properties = Object.fromEntries(fields.map((field) => [field, {}]));
  const schema = { openAPIV3Schema: { properties: { spec: { properties } } } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name },
    spec: { versions: [{ name: version, served: true, schema }] },
  };
}

const KUSTOMIZATION_FIELDS =
  "interval path prune wait deletionPolicy sourceRef decryption postBuild patches dependsOn".split(" ");
const KUSTOMIZATIONS = "kustomizations.kustomize.toolkit.fluxcd.io";
const REPOSITORIES = crd("gitrepositories.source.toolkit.fluxcd.io", ["interval", "url", "ref", "ignore"]);
const FLUX = [crd(KUSTOMIZATIONS, KUSTOMIZATION_FIELDS), REPOSITORIES];

/** A live Kustomization that the root applied. */
function child(name: string, spec: object = {}, metadata: object = {}, owner = "cluster-apps"): KubeObject {
  const labels = {
    "kustomize.toolkit.fluxcd.io/name": owner,
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    ...(metadata as { labels?: object }).labels,
  };
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system", ...metadata, labels },
    spec: {
      path: `./kubernetes/edge/apps/${name}`,
      sourceRef: { kind: "GitRepository", name: "haynes-ops" },
      ...spec,
    },
  };
}

/** A live Kustomization that builds the root's path. */
function root(name: string, spec: object = {}): KubeObject {
  const path = "kubernetes/edge/apps/";
  return child(name, { path, ...spec }, {}, "cluster");
}

const present = (kind: string, id: string): KubeObject => {
  const [namespace = "", name = ""] = id.split("/");
  return { apiVersion: "v1", kind, metadata: { namespace, name } };
};
/** The Secrets and ConfigMaps that the root reads. */
const READ = [
  present("Secret", "flux-system/sops-age"),
  present("ConfigMap", "flux-system/cluster-settings"),
  present("Secret", "flux-system/cluster-secrets"),
];

const lines = (findings: readonly Finding[]): string[] =>
  findings.map(({ severity, message }) => `${severity}: ${message}`);

describe("flux-root checks", () => {
  const check = async (args: Parameters<typeof rootArgs>[0], ...live: KubeObject[]): Promise<Finding[]> =>
    checkFluxRoot(rootArgs(args), clusterHolding(...live));

  it("find nothing if Flux is suitable and has no children yet", async () => {
    assert.deepEqual(await check({}, ...FLUX), []);
  });

  it("suggest the command if Flux is missing, unless the stack installs it", async () => {
    const findings = await check({});
    assert.deepEqual(lines(findings), [
      "error: Flux is not installed on test: the cluster does not serve GitRepository (source.toolkit.fluxcd.io/v1).",
      "error: Flux is not installed on test: the cluster does not serve Kustomization (kustomize.toolkit.fluxcd.io/v1).",
    ]);
    for (const { hint } of findings) assert.match(hint ?? "", /`flux install`.*edgefirst:flux\.install/);
    assert.deepEqual(await check({ installsFlux: true }), []);
    for (const { severity } of await check({ mode: "observe" })) assert.equal(severity, "warning");
  });

  it("refuse an API version that is not served, and one without the deletion policy", async () => {
    assert.deepEqual(lines(await check({}, crd(KUSTOMIZATIONS, [], "v1beta2"), REPOSITORIES)), [
      "error: Flux on test is too old: it serves Kustomization only as v1beta2, not kustomize.toolkit.fluxcd.io/v1.",
    ]);
    const without = KUSTOMIZATION_FIELDS.filter((field) => field !== "deletionPolicy");
    assert.deepEqual(lines(await check({}, crd(KUSTOMIZATIONS, without), REPOSITORIES)), [
      "error: Flux on test is too old: it has a Kustomization without the field deletionPolicy.",
    ]);
  });

  it("report a root under a former name, and how to remove it", async () => {
    const [guarded, ...others] = await check(
      { name: "apps" },
      ...FLUX,
      root("cluster-apps", { deletionPolicy: "Orphan" }),
    );
    assert.deepEqual(others, []);
    assert.match(guarded?.message ?? "", /flux-system\/cluster-apps builds the same path as the root apps/);
    assert.doesNotMatch(guarded?.hint ?? "", / patch /);
    const [unguarded] = await check({ name: "apps" }, ...FLUX, root("cluster-apps"));
    assert.match(
      unguarded?.hint ?? "",
      /patch .*"deletionPolicy":"Orphan".*then delete it: kubectl .* delete/,
    );
    assert.deepEqual(await check({}, ...FLUX, root("cluster-apps")), [], "the root itself");
  });

  it("report each setting that a child would lose, and how to avoid it", async () => {
    const { apps } = rootArgs();
    const findings = await check(
      {
        apps: { ...apps, placement: "namespace" },
        helmReleases: { retries: 3, crds: "Create", driftDetection: "warn" },
      },
      ...FLUX,
      child("key", { decryption: { secretRef: { name: "own-key" } } }),
      child("source", { sourceRef: { kind: "GitRepository", name: "other", namespace: "elsewhere" } }),
      child("twice", { patches: [{ patch: "a: 1\n" }, { patch: "a: 1" }] }),
      child("lists", {
        patches: [{ patch: "a: 1" }, { patch: "b: 1" }],
        postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "own" }] },
      }),
      child("out", { decryption: { secretRef: { name: "own-key" } } }, { labels: OPT_OUT }),
      child("next-to-its-app", {}, { namespace: "media" }),
      child("foreign", { decryption: { secretRef: { name: "own-key" } } }, {}, "cluster"),
      child("cluster", {}, {}, "cluster"),
    );
    assert.deepEqual(lines(findings), [
      "warning: Kustomization flux-system/key would lose a setting: it decrypts with the Secret own-key, but the global patch sets sops-age.",
      "warning: Kustomization flux-system/source would lose a setting: its source is GitRepository elsewhere/other, but the global patch sets the namespace flux-system.",
      "warning: Kustomization flux-system/twice would lose a setting: two of its spec.patches are identical, and only the last would be kept.",
    ]);
    for (const { hint } of findings)
      assert.match(hint ?? "", /substitution\.flux\.home\.arpa\/disabled: "true"/);
  });

  it("refuse another path or source while that would prune unguarded children", async () => {
    const live = [
      ...FLUX,
      root("cluster-apps"),
      child("unguarded"),
      child("kept", { deletionPolicy: "Orphan" }),
    ];
    assert.deepEqual(await check({}, ...live), []);
    const wrong = { path: "./kubernetes/main/apps" };
    const [finding, ...others] = await check(wrong, ...live);
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, "error");
    assert.match(
      finding.message,
      /missing there, along with everything that it applied: flux-system\/unguarded\./,
    );
    assert.deepEqual(await check({ ...wrong, prune: false }, ...live), []);
    const { source } = rootArgs();
    assert.equal((await check({ source: { ...source, name: "other" } }, ...live)).length, 1);
  });

  it("report that there is nothing to observe", async () => {
    const findings = lines(await check({ mode: "observe" }, ...FLUX));
    assert.equal(findings.length, 2);
    for (const line of findings) assert.match(line, /^warning: .*mode is observe, but .* does not exist/);
  });
});

describe("flux-apps checks", () => {
  const MOVE = { placement: "namespace" } as const;
  /** The objects that the children read, in flux-apps. */
  const SERVED = READ.map(({ kind, metadata }) => present(kind, `flux-apps/${metadata.name}`));
  const check = async (args: Parameters<typeof appsArgs>, ...live: KubeObject[]): Promise<Finding[]> =>
    checkFluxApps(appsArgs(...args), clusterHolding(...READ, ...SERVED, ...live));

  it("refuse a move that would delete the apps' objects, naming each child", async () => {
    const live = [
      child("unguarded"),
      child("kept", { deletionPolicy: "Orphan" }),
      child("suspended", { suspend: true }),
      child("moved", {}, { namespace: "flux-apps" }),
      child("out", {}, { labels: OPT_OUT }),
      child("foreign", {}, {}, "cluster"),
      child("cluster", {}, {}, "cluster"),
      child("orphan", {}, {}, "a-deleted-root"),
    ];
    const findings = await check([MOVE], ...live);
    assert.deepEqual(
      findings.map(({ severity, message }) => [severity, message.split(" ")[1]]),
      [
        ["error", "flux-system/unguarded"],
        ["error", "flux-system/orphan"],
      ],
    );
    assert.match(findings[0]?.hint ?? "", /deletionPolicy to Orphan .* change nothing else/);
    assert.deepEqual(await check([{}], ...live), []);
    const observed = await check([MOVE, {}, { mode: "observe" }], ...live);
    assert.deepEqual(
      observed.map(({ severity }) => severity),
      ["warning", "warning"],
    );
  });

  it("refuse the move back, too", async () => {
    const patches = [{ patch: "- op: add\n  path: /metadata/namespace\n  value: flux-apps\n" }];
    const live = [root("cluster-apps", { patches }), child("moved", {}, { namespace: "flux-apps" })];
    assert.deepEqual(await check([MOVE], ...live), []);
    const [finding, ...others] = await check([{}], ...live);
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, "error");
    assert.match(finding.message, /flux-apps\/moved would move back to the namespace in the repository/);
  });

  it("refuse two children that would become the same object", async () => {
    const orphan = { deletionPolicy: "Orphan" };
    const findings = await check(
      [MOVE],
      child("app", orphan, { namespace: "media" }),
      child("app", orphan, { namespace: "office" }),
    );
    assert.deepEqual(lines(findings), [
      "error: media/app and office/app would both become Kustomization flux-apps/app.",
    ]);
  });

  it("report dependencies that would never become ready", async () => {
    const orphan = { deletionPolicy: "Orphan" };
    const dependsOn = (name: string, namespace?: string) => ({ ...orphan, dependsOn: [{ name, namespace }] });
    const findings = await check(
      [MOVE],
      child("base", orphan),
      child("platform", {}, { labels: OPT_OUT }),
      child("explicit", dependsOn("base", "flux-system")),
      child("implicit", dependsOn("base")),
      child("left-behind", dependsOn("platform")),
      child("right", dependsOn("platform", "flux-system")),
      child("out", dependsOn("base"), { labels: OPT_OUT }),
    );
    assert.deepEqual(lines(findings), [
      "warning: Kustomization flux-system/explicit depends on flux-system/base, which will move to flux-apps/base, so the child would wait forever.",
      "warning: Kustomization flux-system/left-behind depends on flux-apps/platform, which will move to flux-system/platform, so the child would wait forever.",
      "warning: Kustomization flux-system/out depends on flux-system/base, which will move to flux-apps/base, so the child would wait forever.",
    ]);
  });

  it("report missing Secrets and ConfigMaps, unless the stack creates them", async () => {
    const missing = async (...args: Parameters<typeof appsArgs>): Promise<string[]> =>
      (await checkFluxApps(appsArgs(...args), clusterHolding(...READ))).map(
        ({ message }) => message.split(" does not exist")[0]!,
      );
    assert.deepEqual(await missing({}), []);
    assert.deepEqual(await missing(MOVE), [
      "Secret flux-apps/sops-age",
      "ConfigMap flux-apps/cluster-settings",
      "Secret flux-apps/cluster-secrets",
    ]);
    assert.deepEqual(await missing({ ...MOVE, settingsPath: "./vars" }, { sopsAgeKey: "key" }), []);
    assert.deepEqual(await missing({ ...MOVE, settingsPath: "./vars" }, {}, { decryptionSecret: null }), []);
  });

  it("read the controllers' flags", async () => {
    const controller = (name: string, ...args: string[]): KubeObject => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: "flux-system" },
      spec: { template: { spec: { containers: [{ args }] } } },
    });
    const strict = { ...MOVE, rbac: "strict", tenantNamespaces: ["media"] } as const;
    assert.deepEqual(
      lines(await check([MOVE], controller("kustomize-controller", "--no-cross-namespace-refs=true"))),
      [
        "error: kustomize-controller on test runs with --no-cross-namespace-refs=true: a child outside flux-system cannot use its source in that namespace.",
      ],
    );
    const findings = await check(
      [strict],
      controller("kustomize-controller", "--default-service-account=default"),
      controller("helm-controller"),
      child("elsewhere", { targetNamespace: "office", deletionPolicy: "Orphan" }),
      child("here", { targetNamespace: "media", deletionPolicy: "Orphan" }),
    );
    assert.deepEqual(
      findings.map(({ severity, message }) => `${severity}: ${message.split(":")[0]!}`),
      [
        "warning: Kustomization flux-system/elsewhere applies objects to office, which is not in edgefirst",
        "warning: helm-controller on test runs without --default-service-account",
      ],
    );
  });
});
