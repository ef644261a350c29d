import assert from "node:assert/strict";
import { namespace } from "../../../tools/migrate/steps/namespace/step.ts";
import { idOf } from "../../../tools/migrate/objects.ts";
import { messages, resultOf, withRepository, type Files } from "../migrate/planning.ts";

const kustomization = (name: string, path: string, spec: object = {}): object => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name, namespace: "gitops" },
  spec: { path, prune: true, sourceRef: { kind: "GitRepository", name: "gitops" }, ...spec },
});
const sync = (path = "cluster/one", more: object = {}): object => ({
  sync: { kind: "GitRepository", url: "https://git.example.com/home.git", path, ...more },
});
const instance = (spec: object, metadata: object = {}): object => ({
  apiVersion: "fluxcd.controlplane.io/v1",
  kind: "FluxInstance",
  metadata: { name: "flux", ...metadata },
  spec,
});
const release = (values: object, spec: object = {}): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "flux-instance" },
  spec: { values: { instance: values }, ...spec },
});
const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data", namespace: "app" },
  spec: {},
};
/** The directory `cluster/one` applies an app. */
const CLUSTER: Files = {
  "cluster/one/apps.yaml": kustomization("cluster-apps", "./apps"),
  "apps/app/ks.yaml": kustomization("app", "./apps/app/app"),
  "apps/app/app/claim.yaml": claim,
  "apps/kustomization.yaml": { resources: ["app/ks.yaml"] },
};

/** The Kustomizations that nothing in the repository applies. */
const rootsOf = (files: Files): readonly string[] =>
  withRepository({ ...CLUSTER, ...files }, {}, ({ clusters }) =>
    clusters
      .flatMap(({ objects }) => objects)
      .filter(({ object, kustomization: parent }) => object.kind === "Kustomization" && !parent)
      .map(({ object }) => idOf(object)),
  );

/** The command in the runbook that brings the guard to the cluster. */
function guardCommand(files: Files): string {
  const result = resultOf(namespace, { ...CLUSTER, ...files });
  return messages(result, "runbook").find((message) => message.startsWith("guard: commit")) ?? "";
}

/** Applies `apps/flux/app`, in addition to the app. */
const applied = (spec: object, more: Files): Files => ({
  "apps/kustomization.yaml": { resources: ["app/ks.yaml", "flux/ks.yaml"] },
  "apps/flux/ks.yaml": kustomization("flux-instance", "./apps/flux/app", spec),
  ...more,
});

describe("the Kustomization of a FluxInstance", () => {
  const places: Readonly<Record<string, readonly [expected: string, files: Files]>> = {
    "the object's namespace": ["tools/tools", { "flux.yaml": instance(sync(), { namespace: "tools" }) }],
    "sync.name": [
      "tools/home",
      { "flux.yaml": instance(sync("cluster/one", { name: "home" }), { namespace: "tools" }) },
    ],
    "the targetNamespace of the Kustomization that applies it": [
      "gitops/gitops",
      applied({ targetNamespace: "gitops" }, { "apps/flux/app/release.yaml": release(sync()) }),
    ],
    "a kustomization.yaml": [
      "tools/tools",
      applied(
        {},
        {
          "apps/flux/app/kustomization.yaml": { namespace: "tools", resources: ["release.yaml"] },
          "apps/flux/app/release.yaml": release(sync()),
        },
      ),
    ],
    "the targetNamespace of the HelmRelease": [
      "tools/tools",
      applied(
        { targetNamespace: "gitops" },
        { "apps/flux/app/release.yaml": release(sync(), { targetNamespace: "tools" }) },
      ),
    ],
    "the helmfile that reads its values": [
      "tools/tools",
      {
        "bootstrap/helmfile.yaml": {
          releases: [
            {
              name: "flux",
              namespace: "tools",
              chart: "oci://x/flux-instance",
              values: ["values/{{ .Release.Name }}.yaml"],
            },
            {
              name: "other",
              namespace: "other",
              chart: "oci://x/flux-instance",
              values: ["values/other.yaml"],
            },
          ],
        },
        "bootstrap/values/flux.yaml": { instance: sync() },
      },
    ],
    "the helmfile's only release of the chart": [
      "tools/tools",
      {
        "bootstrap/helmfile.yaml": {
          releases: [{ name: "flux", namespace: "tools", chart: "oci://x/flux-instance" }],
        },
        "bootstrap/values.yaml": { instance: sync() },
      },
    ],
    "a helmfile with its values": [
      "tools/home",
      {
        "bootstrap/helmfile.yaml": {
          releases: [
            {
              name: "flux",
              namespace: "tools",
              values: [{ instance: sync("cluster/one", { name: "home" }) }],
            },
          ],
        },
      },
    ],
    "a HelmRelease, although a values file comes first": [
      "gitops/gitops",
      applied(
        { targetNamespace: "gitops" },
        { "apps/flux/app/release.yaml": release(sync()), "a/values.yaml": { instance: sync() } },
      ),
    ],
  };
  for (const [place, [expected, files]] of Object.entries(places))
    it(`has the name and namespace from ${place}`, () => {
      assert.deepEqual(rootsOf(files), [expected]);
      const [space, name] = expected.split("/");
      assert.ok(
        guardCommand(files).includes(
          `run: flux -n ${space} reconcile kustomization ${name} --with-source && flux `,
        ),
        guardCommand(files),
      );
    });

  it("is found through a variable that the repository defines", () => {
    const open = { "apps/flux/app/release.yaml": release(sync("cluster/${CLUSTER}")) };
    const settings = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: "gitops" },
    };
    const from = { postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "settings" }] } };
    for (const [spec, more] of [
      [{ postBuild: { substitute: { CLUSTER: "one" } } }, {}],
      [from, { "cluster/one/settings.yaml": { ...settings, data: { CLUSTER: "one" } } }],
    ] as const) {
      const files = applied({ targetNamespace: "gitops", ...spec }, { ...open, ...more });
      assert.deepEqual(rootsOf(files), ["gitops/gitops"]);
    }
  });

  it("has the path that an overlay gives it, and its base is none", () => {
    const patch = (kind: string, path: string): object => ({
      resources: ["../base"],
      patches: [{ target: { kind }, patch: JSON.stringify([{ op: "replace", path, value: "cluster/one" }]) }],
    });
    const literal = (path: string): string =>
      `instance:\n  sync:\n    path: ${path}\n  kustomize:\n    patches: [{ target: { kind: Deployment }, patch: "- { op: remove, path: /spec/a }" }]\n`;
    const generated = (path: string, behavior: string): object => ({
      name: "instance-values",
      behavior,
      literals: [`values.yaml=${literal(path)}`],
      options: { disableNameSuffixHash: true },
    });
    const from = { valuesFrom: [{ kind: "ConfigMap", name: "instance-values" }] };
    const configMap = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "instance-values" },
      data: { "values.yaml": literal("none") },
    };
    const overlays: Readonly<Record<string, Files>> = {
      "a JSON patch of a FluxInstance": {
        "flux/base/flux.yaml": instance(sync("none")),
        "flux/one/kustomization.yaml": patch("FluxInstance", "/spec/sync/path"),
      },
      "a patch in a file": {
        "flux/base/flux.yaml": instance(sync("none")),
        "flux/one/kustomization.yaml": { resources: ["../base"], patches: [{ path: "patch.yaml" }] },
        "flux/one/patch.yaml": instance({ sync: { path: "cluster/one" } }),
      },
      "a patch of values": {
        "flux/base/flux.yaml": release(sync("none")),
        "flux/one/kustomization.yaml": patch("HelmRelease", "/spec/values/instance/sync/path"),
      },
      "a patch of a ConfigMap with values": {
        "flux/base/flux.yaml": [release({}, from), configMap],
        "flux/one/kustomization.yaml": {
          resources: ["../base"],
          patches: [
            { patch: JSON.stringify({ ...configMap, data: { "values.yaml": literal("cluster/one") } }) },
          ],
        },
      },
      "a generator with values": {
        "flux/base/flux.yaml": release({}, from),
        "flux/base/kustomization.yaml": {
          resources: ["flux.yaml"],
          configMapGenerator: [generated("none", "create")],
        },
        "flux/one/kustomization.yaml": {
          resources: ["../base"],
          configMapGenerator: [generated("cluster/one", "replace")],
        },
      },
      "a generator with a values file": {
        "flux/base/flux.yaml": release({}, from),
        "flux/base/values.yaml": { instance: sync("none") },
        "flux/one/values.yaml": { instance: sync("cluster/one") },
        "flux/base/kustomization.yaml": {
          resources: ["flux.yaml"],
          configMapGenerator: [{ name: "instance-values", files: ["values.yaml"] }],
          generatorOptions: { disableNameSuffixHash: true },
        },
        "flux/one/kustomization.yaml": {
          resources: ["../base"],
          configMapGenerator: [{ name: "instance-values", behavior: "replace", files: ["values.yaml"] }],
        },
      },
    };
    // The base's own path exists, too, but nothing applies the base alone.
    const none: Files = {
      "none/apps.yaml": kustomization("other-apps", "./other"),
      "other/claim.yaml": claim,
      "flux/base/kustomization.yaml": { resources: ["flux.yaml"] },
    };
    const unapplied = ["gitops/other-apps"];
    for (const [form, files] of Object.entries(overlays))
      assert.deepEqual(
        rootsOf({ ...none, ...files }).toSorted(),
        ["flux-system/flux-system", ...unapplied],
        form,
      );
    const byFlux = applied(
      {
        patches: [
          {
            target: { kind: "FluxInstance" },
            patch: '[{"op":"replace","path":"/spec/sync/path","value":"cluster/one"}]',
          },
        ],
      },
      { "apps/flux/app/flux.yaml": instance(sync("none")) },
    );
    assert.deepEqual(rootsOf(byFlux), ["flux-system/flux-system"]);
  });

  it("has the patches in values from a ConfigMap", () => {
    const patch = {
      target: { kind: "Kustomization" },
      patch: '[{"op":"replace","path":"/spec/path","value":"cluster/one"}]',
    };
    const values = { instance: { ...sync("none"), kustomize: { patches: [patch] } } };
    const configMap = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "instance-values" },
      data: { "values.yaml": JSON.stringify(values) },
    };
    const from = { valuesFrom: [{ kind: "ConfigMap", name: "instance-values" }] };
    const files = {
      "flux/kustomization.yaml": { resources: ["flux.yaml"] },
      "flux/flux.yaml": [release({}, from), configMap],
    };
    assert.deepEqual(rootsOf(files), ["flux-system/flux-system"]);
  });

  it("is not known if the repository does not define a variable in its path, so nothing is applied by hand", () => {
    const secret = { postBuild: { substituteFrom: [{ kind: "Secret", name: "settings" }] } };
    for (const spec of [{}, secret, { postBuild: { substitute: { CLUSTER: "${NAME}" } } }]) {
      const files = applied(spec, { "apps/flux/app/release.yaml": release(sync("cluster/${CLUSTER}")) });
      const command = guardCommand(files);
      assert.ok(!command.includes("kubectl apply"), command);
      assert.ok(
        command.includes(
          "not known: the path cluster/${CLUSTER} in apps/flux/app/release.yaml contains a variable",
        ),
        command,
      );
      const { proof } = resultOf(namespace, { ...CLUSTER, ...files });
      assert.deepEqual(proof.unread, []);
      assert.ok(proof.maybeRead.length > 0);
    }
    const elsewhere = applied({}, { "apps/flux/app/release.yaml": release(sync("other/${CLUSTER}")) });
    assert.match(guardCommand(elsewhere), /kubectl apply .*no Kustomization in this repository applies/);
  });

  it("keeps the children where they are if its source delivers only a directory of the repository", () => {
    const url = "oci://registry.example.com/fleet";
    const pushed = { sourceRef: { kind: "OCIRepository", name: "gitops" } };
    const files: Files = {
      "deploy/cluster/one/instance.yaml": instance({
        sync: { kind: "OCIRepository", url, path: "cluster/one", name: "gitops" },
      }),
      "deploy/cluster/one/apps.yaml": kustomization("cluster-apps", "./apps", pushed),
      "deploy/apps/app/ks.yaml": kustomization("app", "./apps/app/app", pushed),
      "deploy/apps/app/app/claim.yaml": claim,
      "deploy/apps/kustomization.yaml": { resources: ["app/ks.yaml"] },
    };
    const push = { "push.sh": `flux push artifact ${url}:latest --path=deploy` };
    assert.match(
      messages(resultOf(namespace, { ...files, ...push }), "refused").join(),
      /^cannot move: the source of gitops\/cluster-apps delivers only a directory/,
    );
  });
});
