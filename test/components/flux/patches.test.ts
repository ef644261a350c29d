import assert from "node:assert/strict";
import { parse } from "yaml";
import { childPatches, type ChildPatchArgs, type FluxPatch } from "../../../components/flux/patches.ts";

const NOTHING: ChildPatchArgs = {
  optOutLabel: "opt.out/label",
  decryptionSecret: null,
  substituteFrom: [],
  children: {},
};
const specOf = (patch: string): Record<string, unknown> =>
  (parse(patch) as { spec: Record<string, unknown> }).spec;

describe("flux patches", () => {
  it("are empty if there is nothing to patch", () => {
    assert.deepEqual(childPatches(NOTHING), []);
  });

  it("set exactly what is configured, on children that have not opted out", () => {
    const [patch, ...others] = childPatches({
      ...NOTHING,
      decryptionSecret: "sops-age",
      substituteFrom: [
        { kind: "ConfigMap", name: "settings", optional: undefined },
        { kind: "Secret", name: "secrets", optional: true },
      ],
      children: { interval: "1h", prune: false, timeout: undefined, deletionPolicy: "Orphan" },
      sourceNamespace: "flux-system",
    });
    assert.deepEqual(others, []);
    assert.deepEqual(patch?.target, {
      group: "kustomize.toolkit.fluxcd.io",
      kind: "Kustomization",
      labelSelector: "opt.out/label notin (true)",
    });
    assert.deepEqual(specOf(patch.patch), {
      interval: "1h",
      prune: false,
      deletionPolicy: "Orphan",
      sourceRef: { namespace: "flux-system" },
      decryption: { provider: "sops", secretRef: { name: "sops-age" } },
      postBuild: {
        substituteFrom: [
          { kind: "ConfigMap", name: "settings" },
          { kind: "Secret", name: "secrets", optional: true },
        ],
      },
    });
  });

  it("set no decryption if the controller has the key", () => {
    const [patch] = childPatches({ ...NOTHING, children: { interval: "1h" } });
    assert.deepEqual(specOf(patch!.patch), { interval: "1h" });
  });

  it("give kustomize the merge keys of lists, on the line above each list", () => {
    const [patch] = childPatches({
      ...NOTHING,
      substituteFrom: [{ kind: "ConfigMap", name: "settings" }],
      helmReleases: { retries: 3, crds: "Create", driftDetection: "warn" },
    });
    const lines = patch!.patch.split("\n");
    const above = (key: string): unknown => {
      const line = lines[lines.findIndex((candidate) => candidate.trim() === key) - 1] ?? "";
      return JSON.parse(line.trim().replace(/^# /, ""));
    };
    assert.deepEqual(above("substituteFrom:"), {
      type: "array",
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-list-map-keys": ["kind", "name"],
    });
    assert.deepEqual(above("patches:"), {
      type: "array",
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "patch",
    });
  });

  it("move children with a JSON6902 patch on their kind only", () => {
    const patches = childPatches({ ...NOTHING, namespace: "flux-apps" });
    assert.deepEqual(
      patches.map(({ patch, target }) => [parse(patch) as unknown, target.kind]),
      [[[{ op: "add", path: "/metadata/namespace", value: "flux-apps" }], "Kustomization"]],
    );
  });

  it("set defaults of HelmReleases with a nested patch", () => {
    const args: ChildPatchArgs = {
      ...NOTHING,
      helmReleases: { retries: -1, crds: "CreateReplace", driftDetection: "enabled" },
    };
    const [patch] = specOf(childPatches(args)[0]!.patch).patches as FluxPatch[];
    assert.deepEqual(patch?.target, {
      group: "helm.toolkit.fluxcd.io",
      kind: "HelmRelease",
      labelSelector: "opt.out/label notin (true)",
    });
    const action = { crds: "CreateReplace", remediation: { retries: -1 } };
    assert.deepEqual(specOf(patch.patch), {
      install: action,
      upgrade: action,
      driftDetection: { mode: "enabled" },
    });
  });

  it("allow no opt-out from strict mode by label, neither to a child nor to its HelmReleases", () => {
    const args: ChildPatchArgs = { ...NOTHING, children: { interval: "1h" }, serviceAccountName: "tenant" };
    const [defaults, impersonation] = childPatches(args);
    assert.equal(specOf(defaults!.patch).serviceAccountName, undefined);
    assert.deepEqual(impersonation?.target, { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" });
    const { serviceAccountName, patches } = specOf(impersonation.patch) as {
      serviceAccountName: string;
      patches: FluxPatch[];
    };
    assert.equal(serviceAccountName, "tenant");
    assert.deepEqual(patches[0]?.target, { group: "helm.toolkit.fluxcd.io", kind: "HelmRelease" });
    assert.deepEqual(specOf(patches[0].patch), { serviceAccountName: "tenant" });
  });
});
