import assert from "node:assert/strict";
import { stringify } from "yaml";
import type { StepResult } from "../../../../tools/migrate/run.ts";
import { handover } from "../../../../tools/migrate/steps/handover/step.ts";
import { kustomization, messages, resultOf, SOURCE, written, type Files } from "../planning.ts";

const FILE = "clusters/den/flux/ks.yaml";
const FLUX_SOURCE = { sourceRef: { kind: "GitRepository", name: "flux-system" } };
const namespace = (name: string): object => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
const map = (name: string): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "a" },
});

/** The root next to another object, and an app below it. */
const layout = (root: object = {}, cluster = "den"): Files => ({
  [`clusters/${cluster}/flux/ks.yaml`]: kustomization("cluster-apps", `./apps/${cluster}`, {
    ...FLUX_SOURCE,
    ...root,
  }),
  [`clusters/${cluster}/flux/map.yaml`]: map("a"),
  [`apps/${cluster}/web/ks.yaml`]: kustomization("web", `./apps/${cluster}/web/app`, FLUX_SOURCE),
  [`apps/${cluster}/web/app/web.yaml`]: namespace(`web-${cluster}`),
  [`apps/${cluster}/kustomization.yaml`]: { resources: ["web/ks.yaml", "flux-instance"] },
});

const sync = (path = "clusters/den/flux"): object => ({
  sync: { kind: "GitRepository", url: "https://git.example.com/home", ref: "refs/heads/main", path },
});
const fluxInstance = (path?: string): object => ({
  apiVersion: "fluxcd.controlplane.io/v1",
  kind: "FluxInstance",
  metadata: { name: "flux", namespace: "flux-system" },
  spec: sync(path),
});
const release = (values: object): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "flux-instance", namespace: "flux-system" },
  spec: { chartRef: { kind: "OCIRepository", name: "flux-instance" }, ...values },
});
const DIRECTORY = "apps/den/flux-instance";
const asApp = (files: Files): Files => ({
  [`${DIRECTORY}/kustomization.yaml`]: { resources: ["ks.yaml"] },
  [`${DIRECTORY}/ks.yaml`]: kustomization("flux-instance", `./${DIRECTORY}/app`, FLUX_SOURCE),
  ...files,
});

const LAYOUTS: Readonly<Record<string, Files>> = {
  "a FluxInstance that the root applies": {
    ...layout(),
    [`${DIRECTORY}/kustomization.yaml`]: { resources: ["instance.yaml"] },
    [`${DIRECTORY}/instance.yaml`]: fluxInstance(),
  },
  "a FluxInstance to which the root gives its path": {
    ...layout({ postBuild: { substitute: { CLUSTER: "den" } } }),
    [`${DIRECTORY}/kustomization.yaml`]: { resources: ["instance.yaml"] },
    [`${DIRECTORY}/instance.yaml`]: fluxInstance("clusters/$" + "{CLUSTER}/flux"),
  },
  "a FluxInstance among the apps": {
    ...layout(),
    ...asApp({ [`${DIRECTORY}/app/instance.yaml`]: fluxInstance() }),
  },
  "a release of the chart flux-instance": {
    ...layout(),
    ...asApp({ [`${DIRECTORY}/app/release.yaml`]: release({ values: { instance: sync() } }) }),
  },
  "a values file of the chart flux-instance": {
    ...layout(),
    ...asApp({
      [`${DIRECTORY}/app/kustomization.yaml`]: {
        resources: ["release.yaml"],
        configMapGenerator: [{ name: "flux-values", files: ["values.yaml=helm/values.yaml"] }],
        generatorOptions: { disableNameSuffixHash: true },
      },
      [`${DIRECTORY}/app/release.yaml`]: release({
        valuesFrom: [{ kind: "ConfigMap", name: "flux-values" }],
      }),
      [`${DIRECTORY}/app/helm/values.yaml`]: { instance: sync() },
    }),
  },
  "another Kustomization that applies an object of the root as well": {
    ...layout(),
    [`${DIRECTORY}/kustomization.yaml`]: { resources: ["instance.yaml", "settings/a.yaml"] },
    [`${DIRECTORY}/instance.yaml`]: fluxInstance(),
    [`${DIRECTORY}/settings/a.yaml`]: namespace("shared"),
    "clusters/den/flux/settings.yaml": kustomization("settings", `./${DIRECTORY}/settings`, FLUX_SOURCE),
  },
  "a gotk-sync.yaml below the root": {
    ...layout(),
    [`${DIRECTORY}/kustomization.yaml`]: { resources: ["gotk-sync.yaml"] },
    [`${DIRECTORY}/gotk-sync.yaml`]: [
      { ...SOURCE, metadata: { name: "flux-system", namespace: "other" } },
      kustomization("flux-system", "./clusters/den/flux", {
        sourceRef: { kind: "GitRepository", name: "flux-system", namespace: "other" },
      }),
    ],
  },
};

/** The files after a phase that deletes none. */
const after = (files: Files, { plan }: StepResult): Files => ({
  ...files,
  ...Object.fromEntries(plan.changes.map(({ path, text = "" }) => [path, text])),
});

describe("migrate handover: what finds the cluster is below the root", () => {
  for (const [name, files] of Object.entries(LAYOUTS))
    it(`stays with ${name}`, () => {
      const guard = resultOf(handover, files);
      assert.deepEqual([guard.proof.failures, messages(guard, "refused")], [[], []]);
      assert.match(written(guard, FILE), /deletionPolicy: Orphan/);
      const guarded = after(files, guard);
      const [cluster] = guard.proof.clusters;
      assert.ok(cluster);
      const removal = resultOf(handover, guarded, { handover: { phases: { [cluster.name]: "remove" } } });
      assert.deepEqual([removal.proof.failures, messages(removal, "refused")], [[], []]);
      assert.ok(removal.plan.changes.some(({ path, text }) => path === FILE && text === undefined));
      assert.ok(removal.proof.intended.length > 0);
      assert.ok(removal.proof.intended.every(({ after: now }) => now === undefined));
    });
});

describe("migrate handover: a guard that the removal could not follow", () => {
  it("is not written where a patch needs the root", () => {
    const patch = stringify({
      ...{ apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" },
      metadata: { name: "cluster-apps", namespace: "flux-system" },
      spec: { interval: "5m" },
    });
    const result = resultOf(handover, {
      ...LAYOUTS["a FluxInstance that the root applies"],
      "clusters/den/flux/kustomization.yaml": { resources: ["ks.yaml", "map.yaml"], patches: [{ patch }] },
    });
    assert.equal(written(result, FILE), "");
    assert.match(
      messages(result, "refused")[0] ?? "",
      /the phase remove could not follow this guard: clusters\/den\/flux\/kustomization\.yaml:\d+ patches/,
    );
  });
});
