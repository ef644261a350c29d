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

/** A live Kustomization that builds what the root builds. */
function root(name: string, spec: object = {}): KubeObject {
  const path = "kubernetes/edge/apps/";
  return child(name, { path, ...spec }, {}, "cluster");
}

const present = (kind: string, id: string): KubeObject => {
  const [namespace = "", name = ""] = id.split("/");
  return { apiVersion: "v1", kind, metadata: { namespace, name } };
};
/** What the root reads. */
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

  it("has nothing to say about a Flux that fits and has no children yet", async () => {
    assert.deepEqual(await check({}, ...FLUX), []);
  });

  it("names the command where Flux is missing, unless the stack brings it", async () => {
    const findings = await check({});
    assert.deepEqual(lines(findings), [
      "error: Flux is not installed on test: it serves no GitRepository (source.toolkit.fluxcd.io/v1).",
      "error: Flux is not installed on test: it serves no Kustomization (kustomize.toolkit.fluxcd.io/v1).",
    ]);
    for (const { hint } of findings) assert.match(hint ?? "", /`flux install`.*edgefirst:flux\.install/);
    assert.deepEqual(await check({ installsFlux: true }), []);
    for (const { severity } of await check({ mode: "observe" })) assert.equal(severity, "warning");
  });

  it("refuses a version that is not served, and one that would ignore the deletion policy", async () => {
    assert.deepEqual(lines(await check({}, crd(KUSTOMIZATIONS, [], "v1beta2"), REPOSITORIES)), [
      "error: Flux on test is too old: it serves Kustomization only as v1beta2, not kustomize.toolkit.fluxcd.io/v1.",
    ]);
    const without = KUSTOMIZATION_FIELDS.filter((field) => field !== "deletionPolicy");
    assert.deepEqual(lines(await check({}, crd(KUSTOMIZATIONS, without), REPOSITORIES)), [
      "error: Flux on test is too old: it has a Kustomization without the fields deletionPolicy.",
    ]);
  });

  it("names a root under its former name, and how to be rid of it", async () => {
    const [guarded, ...others] = await check(
      { name: "apps" },
      ...FLUX,
      root("cluster-apps", { deletionPolicy: "Orphan" }),
    );
    assert.deepEqual(others, []);
    assert.match(guarded?.message ?? "", /flux-system\/cluster-apps builds the same path as the root apps/);
    assert.doesNotMatch(guarded?.hint ?? "", / patch /);
    const [bare] = await check({ name: "apps" }, ...FLUX, root("cluster-apps"));
    assert.match(bare?.hint ?? "", /patch .*"deletionPolicy":"Orphan".*then remove it: kubectl .* delete/);
    assert.deepEqual(await check({}, ...FLUX, root("cluster-apps")), [], "the root itself");
  });

  it("names what a child would lose, each, with the way out", async () => {
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
      child("beside", {}, { namespace: "media" }),
      child("stranger", { decryption: { secretRef: { name: "own-key" } } }, {}, "cluster"),
      child("cluster", {}, {}, "cluster"),
    );
    assert.deepEqual(lines(findings), [
      "warning: Kustomization flux-system/key would lose something of its own: it decrypts with the Secret own-key, and the global patch sets sops-age.",
      "warning: Kustomization flux-system/source would lose something of its own: its source is GitRepository elsewhere/other, and the global patch sets the namespace flux-system.",
      "warning: Kustomization flux-system/twice would lose something of its own: two of its own spec.patches have the same text, and only the last of them would be left.",
    ]);
    for (const { hint } of findings)
      assert.match(hint ?? "", /substitution\.flux\.home\.arpa\/disabled: "true"/);
  });

  it("refuses to build something else while that would prune unguarded children", async () => {
    const live = [...FLUX, root("cluster-apps"), child("bare"), child("kept", { deletionPolicy: "Orphan" })];
    assert.deepEqual(await check({}, ...live), []);
    const wrong = { path: "./kubernetes/main/apps" };
    const [finding, ...others] = await check(wrong, ...live);
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, "error");
    assert.match(finding.message, /of flux-system\/bare those that are not in it would be deleted/);
    assert.deepEqual(await check({ ...wrong, prune: false }, ...live), []);
    const { source } = rootArgs();
    assert.equal((await check({ source: { ...source, name: "other" } }, ...live)).length, 1);
  });

  it("says that there is nothing to observe", async () => {
    const findings = lines(await check({ mode: "observe" }, ...FLUX));
    assert.equal(findings.length, 2);
    for (const line of findings) assert.match(line, /^warning: .*mode is observe, and .* is not there/);
  });
});

describe("flux-apps checks", () => {
  const MOVE = { placement: "namespace" } as const;
  /** In flux-apps, all that children read. */
  const SERVED = READ.map(({ kind, metadata }) => present(kind, `flux-apps/${metadata.name}`));
  const check = async (args: Parameters<typeof appsArgs>, ...live: KubeObject[]): Promise<Finding[]> =>
    checkFluxApps(appsArgs(...args), clusterHolding(...READ, ...SERVED, ...live));

  it("refuses a move that would take the apps' objects along, naming each child", async () => {
    const live = [
      child("bare"),
      child("kept", { deletionPolicy: "Orphan" }),
      child("suspended", { suspend: true }),
      child("moved", {}, { namespace: "flux-apps" }),
      child("out", {}, { labels: OPT_OUT }),
      child("foreign", {}, {}, "cluster"),
      child("cluster", {}, {}, "cluster"),
      child("orphan", {}, {}, "a-root-that-is-gone"),
    ];
    const findings = await check([MOVE], ...live);
    assert.deepEqual(
      findings.map(({ severity, message }) => [severity, message.split(" ")[1]]),
      [
        ["error", "flux-system/bare"],
        ["error", "flux-system/orphan"],
      ],
    );
    assert.match(findings[0]?.hint ?? "", /deletionPolicy to Orphan with everything else as it is/);
    assert.deepEqual(await check([{}], ...live), []);
    const observed = await check([MOVE, {}, { mode: "observe" }], ...live);
    assert.deepEqual(
      observed.map(({ severity }) => severity),
      ["warning", "warning"],
    );
  });

  it("refuses the move back, too", async () => {
    const patches = [{ patch: "- op: add\n  path: /metadata/namespace\n  value: flux-apps\n" }];
    const live = [root("cluster-apps", { patches }), child("moved", {}, { namespace: "flux-apps" })];
    assert.deepEqual(await check([MOVE], ...live), []);
    const [finding, ...others] = await check([{}], ...live);
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, "error");
    assert.match(finding.message, /flux-apps\/moved would move back to where the repository puts it/);
  });

  it("refuses two children that would become one", async () => {
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

  it("names dependencies that would never be met", async () => {
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
      "warning: Kustomization flux-system/explicit depends on flux-system/base, which will be flux-apps/base: it would wait for ever.",
      "warning: Kustomization flux-system/left-behind depends on flux-apps/platform, which will be flux-system/platform: it would wait for ever.",
      "warning: Kustomization flux-system/out depends on flux-system/base, which will be flux-apps/base: it would wait for ever.",
    ]);
  });

  it("names what Kustomizations would look for in vain, unless the stack brings it", async () => {
    const missing = async (...args: Parameters<typeof appsArgs>): Promise<string[]> =>
      (await checkFluxApps(appsArgs(...args), clusterHolding(...READ))).map(
        ({ message }) => message.split(" is not there")[0]!,
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

  it("reads the controllers' flags", async () => {
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
        "error: kustomize-controller on test runs with --no-cross-namespace-refs=true: children outside flux-system cannot read their source there.",
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
        "warning: Kustomization flux-system/elsewhere applies to office, which is not among edgefirst",
        "warning: helm-controller on test runs without --default-service-account",
      ],
    );
  });
});
