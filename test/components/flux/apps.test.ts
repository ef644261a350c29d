import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describeObject, type KubeObject } from "../../../kube/objects.ts";
import { FluxApps, fluxAppsNamespaces, fluxAppsObjects } from "../../../components/flux/apps.ts";
import { desiredFluxRoot } from "../../../components/flux/root.ts";
import { appsArgs, rootArgs } from "../../support/flux-args.ts";
import { recordResources, resourceNamed } from "../../support/mocks.ts";

const names = (objects: readonly KubeObject[]): string[] => objects.map(describeObject);
const named = (objects: readonly KubeObject[], name: string): KubeObject => {
  const object = objects.find((candidate) => describeObject(candidate) === name);
  assert.ok(object, `${name} is not among ${names(objects).join(", ")}`);
  return object;
};

describe("flux-apps", () => {
  it("declares nothing if the children stay where they are, and nothing in observe mode", () => {
    assert.deepEqual(fluxAppsObjects(appsArgs({}, { sopsAgeKey: "key" })), []);
    const observed = appsArgs(
      { placement: "namespace", settingsPath: "./vars" },
      { sopsAgeKey: "key" },
      { mode: "observe" },
    );
    assert.deepEqual(fluxAppsObjects(observed), []);
    assert.deepEqual(fluxAppsNamespaces(observed), []);
  });

  it("declares the key, as a secret, and the settings for the namespace; both outlive the stack", async () => {
    const args = appsArgs(
      { placement: "namespace", settingsPath: "./vars" },
      { sopsAgeKey: pulumi.secret("AGE-SECRET-KEY-1") },
    );
    const resources = await recordResources(
      () => {
        const provider = new k8s.Provider("cluster", { context: "test" });
        new FluxApps("flux-apps", args, { providers: [provider] });
      },
      { preview: true },
    );
    const key = resourceNamed(resources, "flux-apps/sops-age");
    const settings = resourceNamed(resources, "flux-system/flux-apps-settings");
    for (const child of [key, settings]) {
      assert.equal(child.parent, resourceNamed(resources, "flux-apps", "edgefirst:platform:FluxApps").urn);
      assert.match(child.provider ?? "", /::cluster::/);
      assert.equal(child.options.retainOnDelete, true);
      assert.deepEqual(child.unknowns, []);
    }
    assert.deepEqual(key.inputs.stringData, { "age.agekey": "AGE-SECRET-KEY-1" });
    assert.deepEqual(key.secrets, ["stringData"]);
    assert.deepEqual(fluxAppsNamespaces(args), ["flux-apps"]);
  });

  it("applies the settings with a Flux Kustomization next to the root, which decrypts them", () => {
    const objects = fluxAppsObjects(appsArgs({ placement: "namespace", settingsPath: "./vars" }));
    assert.deepEqual(named(objects, "Kustomization flux-system/flux-apps-settings").spec, {
      interval: "30m",
      path: "./vars",
      targetNamespace: "flux-apps",
      prune: true,
      wait: true,
      deletionPolicy: "Orphan",
      sourceRef: { kind: "GitRepository", name: "haynes-ops", namespace: "flux-system" },
      decryption: { provider: "sops", secretRef: { name: "sops-age" } },
    });
  });

  it("applies the root's settings only once, whatever the placement", () => {
    const args = appsArgs(
      { placement: "app", settingsPath: "./vars", tenantNamespaces: ["media", "flux-system"] },
      {},
      { settingsPath: "./root-vars" },
    );
    const settings = fluxAppsObjects(args).map((object) => [object.metadata.name, object.spec] as const);
    assert.deepEqual(
      settings.map(([name, spec]) => [name, (spec as { path: string }).path]),
      [
        ["media-settings", "./vars"],
        ["flux-system-settings", "./root-vars"],
      ],
    );
  });

  it("app: declares key and settings in each tenant namespace, and the patches move nothing", () => {
    const args = appsArgs(
      { placement: "app", settingsPath: "./vars", tenantNamespaces: ["media", "office"] },
      { sopsAgeKey: "key" },
    );
    assert.deepEqual(names(fluxAppsObjects(args)), [
      "Secret media/sops-age",
      "Secret office/sops-age",
      "Kustomization flux-system/media-settings",
      "Kustomization flux-system/office-settings",
    ]);
    const spec = desiredFluxRoot(rootArgs({ apps: args }))[1]?.spec as { patches: { patch: string }[] };
    assert.equal(spec.patches.length, 1);
    assert.match(spec.patches[0]!.patch, /sourceRef:\n {4}namespace: flux-system/);
  });

  it("strict: declares ServiceAccounts for children and HelmReleases, bound only in the tenant namespaces", () => {
    const objects = fluxAppsObjects(
      appsArgs({ placement: "namespace", rbac: "strict", tenantNamespaces: ["media", "office"] }),
    );
    assert.deepEqual(names(objects), [
      "ClusterRole edgefirst-tenant",
      "ClusterRole edgefirst-tenant-apps",
      "ServiceAccount flux-apps/edgefirst-tenant",
      "ServiceAccount media/edgefirst-tenant",
      "ServiceAccount office/edgefirst-tenant",
      "RoleBinding media/edgefirst-tenant",
      "RoleBinding office/edgefirst-tenant",
    ]);
    assert.deepEqual(named(objects, "RoleBinding office/edgefirst-tenant").subjects, [
      { kind: "ServiceAccount", name: "edgefirst-tenant", namespace: "flux-apps" },
      { kind: "ServiceAccount", name: "edgefirst-tenant", namespace: "office" },
    ]);
    // The controller manager fills in the rules of an aggregated role.
    assert.equal(named(objects, "ClusterRole edgefirst-tenant").rules, undefined);
    const { rules } = named(objects, "ClusterRole edgefirst-tenant-apps") as unknown as {
      rules: { apiGroups: string[]; resources: string[] }[];
    };
    assert.ok(
      !rules.some(({ resources }) => resources.includes("kustomizations") || resources.includes("*")),
    );
  });
});
