import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { YamlEdit } from "../../../tools/gitops/edit/yaml-edit.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { addPatches, movePatch } from "../../../tools/migrate/steps/namespace/patches.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { prove } from "../../../tools/migrate/proof.ts";
import type { FileChange, Step } from "../../../tools/migrate/step.ts";
import { handover } from "../../../tools/migrate/steps/handover/step.ts";
import { namespace } from "../../../tools/migrate/steps/namespace/step.ts";
import { oci } from "../../../tools/migrate/steps/oci/step.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");
const ROOT = "kubernetes/home/flux/apps.yaml";

/** Why a change that a faulty step could make would not be proven. */
function failures(
  step: Step,
  fixture: string,
  file: string,
  change: (text: string) => string | undefined,
  ...others: readonly FileChange[]
) {
  const repository = new Repository(join(FIXTURES, step.id, fixture));
  const { clusters } = buildRepository(repository);
  const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
  const changes = [{ path: file, text: change(fileText(repository, file) ?? "") }, ...others];
  const { proof } = prove(step, context, { changes, notes: [] });
  return proof.failures.map(({ message }) => message);
}

const moved = (text: string): string => {
  const edit = new YamlEdit(text);
  assert.ok(addPatches(edit, 0, [movePatch("flux-apps", "substitution.flux.home.arpa/disabled")], {}));
  return edit.text();
};

describe("the changes that the oci step may make", () => {
  const FILE = "kubernetes/repositories/others.yaml";
  const without =
    (name: string) =>
    (text: string): string =>
      text
        .split("---\n")
        .filter((document) => !document.includes(`name: ${name}\n`))
        .join("---\n");

  it("does not remove a HelmRepository that is still in use or not listed in the options", () => {
    const repository = ".: HelmRepository flux-system";
    assert.deepEqual(failures(oci, "unused/before", FILE, without("busy")), [
      `${repository}/busy (removed): HelmRelease apps/other refers to it`,
    ]);
    assert.deepEqual(failures(oci, "unused/before", FILE, without("spare")), [
      `${repository}/spare (removed): the options do not list it under oci.remove`,
    ]);
  });
});

describe("the changes that the namespace and handover steps may make", () => {
  it("namespace: a move without a guard fails", () => {
    assert.ok(
      failures(namespace, "guard/before", ROOT, moved).includes(
        "kubernetes/home: Kustomization flux-system/player (removed): Flux would delete what it has applied: it has no guard",
      ),
    );
  });

  it("namespace: removing the guard before the move fails", () => {
    const unguarded = (text: string): string => text.replace("deletionPolicy: Orphan", "wait: false");
    assert.notDeepEqual(failures(namespace, "guard/after", ROOT, unguarded), []);
  });

  it("namespace: the objects that a child applies must not change", () => {
    const file = "kubernetes/home/apps/media/player/app/config.yaml";
    assert.deepEqual(
      failures(namespace, "guard/before", file, (text) => text.replace("https", "http")),
      ["kubernetes/home: ConfigMap media/player (data.url): this step must not change it"],
    );
  });

  it("namespace, per app: a child moves to the namespace of its app and keeps its dependencies", () => {
    const file = "kubernetes/home/flux/apps.yaml";
    const child = "kubernetes/home/apps/player.yaml";
    const after = (path: string): string =>
      readFileSync(join(FIXTURES, "namespace/per-app-move/after", path), "utf8");
    const spoilt = (from: string, to: string): readonly string[] =>
      failures(namespace, "per-app-move/before", file, () => after(file).replace(from, to), {
        path: child,
        text: after(child).replace(from, to),
      });
    assert.deepEqual(spoilt("", ""), []);
    assert.ok(
      spoilt("value: search\n        - op: add", "value: media\n        - op: add").includes(
        "kubernetes/home: Kustomization flux-system/index (removed): it does not appear in search",
      ),
    );
    assert.ok(
      spoilt("- name: index", "- name: other").includes(
        "kubernetes/home: Kustomization flux-system/player (removed): its dependencies would change",
      ),
    );
  });

  it("handover: removing an unguarded root fails, and so does removing any other object", () => {
    const gone = (): undefined => undefined;
    assert.ok(
      failures(handover, "guard/before", ROOT, gone).includes(
        "kubernetes/home: Kustomization flux-system/cluster-apps (removed): Flux would prune it: it has no guard",
      ),
    );
    assert.deepEqual(
      failures(handover, "guard/after", "kubernetes/home/flux/vars/settings.yaml", (text) =>
        text.replace("example.com", "example.org"),
      ).slice(0, 1),
      [
        "kubernetes/home: ConfigMap flux-system/cluster-settings (data.DOMAIN): it is not part of the handover",
      ],
    );
  });

  it("handover: the objects that the root applies must not change or disappear while the root exists", () => {
    const file = "kubernetes/home/apps/media/player/app/config.yaml";
    const spoilt = [
      (text: string): string => text.replace("https", "http"),
      (text: string): string => `${text}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\n`,
      (text: string): string => text.replace(/name: .*/, "name: other"),
    ];
    for (const change of spoilt) {
      const found = failures(handover, "guard/after", file, change);
      assert.ok(
        found.length > 0 && found.every((line) => line.endsWith("it is not part of the handover")),
        found.join("\n"),
      );
    }
  });

  it("handover: the same holds if the root is removed in the same commit", () => {
    const file = "kubernetes/home/apps/media/player/app/config.yaml";
    const withRoot = (change: (text: string) => string | undefined): readonly string[] =>
      failures(handover, "guard/after", file, change, { path: ROOT, text: undefined });
    assert.deepEqual(
      withRoot((text) => text),
      [],
    );
    const config = "kubernetes/home: ConfigMap media/player";
    assert.deepEqual(
      withRoot((text) => text.replace("https", "http")),
      [`${config} (data.url): it is not part of the handover`],
    );
    assert.deepEqual(
      withRoot(() => undefined),
      [`${config} (removed): it is not part of the handover`],
    );
  });
});
