import assert from "node:assert/strict";
import { stringify } from "yaml";
import { handover } from "../../../../tools/migrate/steps/handover/step.ts";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { kustomization, messages, resultOf, written, type Files, SOURCE } from "../planning.ts";

const target = { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" };
const any = {
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name: "any" },
};
/** An entry of `spec.patches`; each has its own target, because YAML would write a shared one as an alias. */
const entry = (patch: object): object => ({ patch: stringify(patch), target: { ...target } });
/** An entry of `spec.patches` that sets fields of the children. */
const setting = (spec: object): object => entry({ ...any, spec });
const GUARD = setting({ deletionPolicy: "Orphan" });
const TIMES = setting({ retryInterval: "2m" });
const DEFAULTS = "flux/patches/defaults.yaml";

/** A root with these patches in its own file, next to a kustomization file that patches the root. */
const patched = (own: readonly object[], patch: object, more: Files = {}): Files => ({
  "flux/kustomization.yaml": {
    resources: ["sync.yaml", "apps.yaml", "namespace.yaml"],
    patches: [{ ...patch, target: { ...target, name: "cluster-apps" } }],
  },
  "flux/namespace.yaml": { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-apps" } },
  "flux/sync.yaml": [kustomization("cluster", "./flux"), SOURCE],
  "flux/apps.yaml": kustomization("cluster-apps", "./apps", own.length === 0 ? {} : { patches: own }),
  "apps/app.yaml": kustomization("app", "./app"),
  "apps/other.yaml": kustomization("other", "./app", { targetNamespace: "other" }),
  "app/claim.yaml": {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "app" },
    spec: {},
  },
  ...more,
});
/** Like {@link patched}, with a patch that replaces the root's list. */
const replaced = (own: readonly object[], patches: readonly object[]): Files =>
  patched(own, { path: "patches/defaults.yaml" }, { [DEFAULTS]: { ...any, spec: { patches } } });
const phase = (name: string): object => ({ namespace: { phases: { ".": name } } });

describe("migrate namespace: a patch of the repository that overrides what the step writes", () => {
  it("does not write a guard that reaches no child, and names the patch that replaces the list", () => {
    const result = resultOf(namespace, replaced([], [TIMES]));
    assert.deepEqual(result.plan.changes, []);
    assert.match(
      messages(result, "refused").join("\n"),
      /the guard would not reach flux-system\/app and 1 other child: flux\/patches\/defaults\.yaml:\d+ replaces the spec\.patches of flux-system\/cluster-apps, .*: move its patches to flux\/apps\.yaml/,
    );
  });

  it("finds a JSON patch that replaces the list as well", () => {
    const patch = stringify([{ op: "add", path: "/spec/patches", value: [TIMES] }]);
    const result = resultOf(namespace, patched([], { patch }));
    assert.deepEqual(result.plan.changes, []);
    assert.match(
      messages(result, "refused").join("\n"),
      /: flux\/kustomization\.yaml:\d+ replaces the spec\.patches/,
    );
  });

  it("does not append a guard that is there already", () => {
    const result = resultOf(namespace, replaced([GUARD], [TIMES]));
    assert.deepEqual(result.plan.changes, []);
    assert.match(messages(result, "refused").join("\n"), /flux\/patches\/defaults\.yaml:\d+ replaces/);
  });

  it("names a later patch of the root that takes the guard away again", () => {
    const off = setting({ deletionPolicy: "WaitForTermination" });
    const files = {
      ...replaced([GUARD, off], []),
      "flux/kustomization.yaml": { resources: ["sync.yaml", "apps.yaml"] },
    };
    const result = resultOf(namespace, files);
    assert.deepEqual(result.plan.changes, []);
    assert.match(
      messages(result, "refused").join("\n"),
      /the guard would not reach flux-system\/app and 1 other child: flux\/apps\.yaml:\d+ sets its spec\.deletionPolicy to WaitForTermination/,
    );
  });

  it("proves the guard once it is in the patch that replaces the list", () => {
    const result = resultOf(namespace, replaced([], [TIMES, GUARD]));
    assert.deepEqual(
      result.plan.changes.map(({ path }) => path),
      ["app/claim.yaml"],
    );
    assert.equal(result.proof.status, "holds");
  });

  it("does not move children with patches that reach none, and does not append these again", () => {
    const first = resultOf(namespace, replaced([], [GUARD]), phase("move"));
    assert.deepEqual(first.plan.changes, []);
    assert.match(
      messages(first, "refused").join("\n"),
      /the patches would not move flux-system\/app and 1 other child: flux\/patches\/defaults\.yaml:\d+ replaces the spec\.patches/,
    );
    const open: Files = {
      ...replaced([GUARD], []),
      "flux/kustomization.yaml": { resources: ["sync.yaml", "apps.yaml", "namespace.yaml"] },
    };
    const moved = written(resultOf(namespace, open, phase("move")), "flux/apps.yaml");
    assert.match(moved, /metadata\/namespace/);
    const again = resultOf(namespace, { ...replaced([], [GUARD]), "flux/apps.yaml": moved }, phase("move"));
    assert.deepEqual(again.plan.changes, []);
    assert.match(messages(again, "refused").join("\n"), /the patches would not move/);
  });

  it("removes only the guard, and only where it is written", () => {
    const move = entry([{ op: "add", path: "/metadata/namespace", value: "flux-apps" }]);
    const elsewhere = resultOf(namespace, replaced([TIMES, move], [GUARD, move]), phase("unguard"));
    assert.deepEqual(elsewhere.plan.changes, []);
    assert.match(
      messages(elsewhere, "refused").join("\n"),
      /cannot remove the guard: it is not in flux\/apps\.yaml, but in flux\/patches\/defaults\.yaml:\d+; remove it there/,
    );
    const both = resultOf(namespace, replaced([TIMES, GUARD, move], [GUARD, move]), phase("unguard"));
    assert.deepEqual(both.plan.changes, []);
    assert.match(messages(both, "refused").join("\n"), /the guard would stay, .*defaults\.yaml:\d+/);
    const shifted = patched([TIMES, GUARD], {
      patch: stringify([{ op: "add", path: "/spec/patches/0", value: move }]),
    });
    const removed = resultOf(namespace, shifted, phase("unguard"));
    assert.match(written(removed, "flux/apps.yaml"), /retryInterval/);
    assert.doesNotMatch(written(removed, "flux/apps.yaml"), /Orphan/);
    assert.equal(removed.proof.status, "holds");
  });

  it("does not count data as kept that a patch lets Flux prune", () => {
    const prune = { "kustomize.toolkit.fluxcd.io/prune": "enabled" };
    const list: Files = {
      "app/kustomization.yaml": { resources: ["claim.yaml"], commonAnnotations: prune },
      "flux/kustomization.yaml": { resources: ["sync.yaml", "apps.yaml", "namespace.yaml"] },
    };
    const files: Files = { ...replaced([], []), ...list };
    const result = resultOf(namespace, files);
    assert.equal(written(result, "app/claim.yaml"), "");
    assert.match(
      messages(result, "refused").join("\n"),
      /PersistentVolumeClaim app\/data would not be kept: app\/kustomization\.yaml:\d+ sets its annotation/,
    );
    assert.match(written(result, "flux/apps.yaml"), /Orphan/);
  });
});

describe("migrate handover: a patch of the repository that overrides the guard", () => {
  const off = { patch: stringify({ ...any, spec: { deletionPolicy: "WaitForTermination" } }) };

  it("does not write a guard that has no effect, and names the patch", () => {
    const result = resultOf(handover, patched([], off));
    assert.deepEqual(result.plan.changes, []);
    assert.match(
      messages(result, "refused").join("\n"),
      /Kustomization flux-system\/cluster-apps would not be guarded: flux\/kustomization\.yaml:\d+ sets its spec\.deletionPolicy to WaitForTermination/,
    );
  });

  it("says so as well if the guard is written already", () => {
    const metadata = {
      ...{ name: "cluster-apps", namespace: "flux-system" },
      annotations: { "kustomize.toolkit.fluxcd.io/prune": "disabled" },
    };
    const root = kustomization("cluster-apps", "./apps", { deletionPolicy: "Orphan" });
    const result = resultOf(handover, patched([], off, { "flux/apps.yaml": { ...root, metadata } }));
    assert.match(
      messages(result, "refused").join("\n"),
      /cluster-apps would not be guarded: flux\/kustomization\.yaml/,
    );
    assert.deepEqual(messages(result, "runbook"), []);
  });
});
