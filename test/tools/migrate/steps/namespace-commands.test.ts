import assert from "node:assert/strict";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { kustomization, resultOf, type Files, SOURCE } from "../planning.ts";

const FILES: Files = {
  "flux/sync.yaml": [
    kustomization("cluster", "./flux"),
    SOURCE,
    kustomization("cluster-apps", "./apps"),
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-apps" } },
  ],
  "apps/app.yaml": kustomization("app", "./app", {
    deletionPolicy: "Orphan",
    decryption: { provider: "sops", secretRef: { name: "sops-age" } },
  }),
  "app/map.yaml": { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "b" } },
};

const NAMED = [
  "flux --namespace flux-system suspend kustomization {{.APP}}",
  "flux -n flux-system resume ks app",
  'flux suspend ks "${APP}"',
  "kubectl -n flux-system wait kustomization/app --for=condition=ready",
  "kubectl get kustomizations.kustomize.toolkit.fluxcd.io --namespace=flux-system -o name",
  "kubectl get --raw /apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations",
];
const OTHER = [
  "flux -n flux-system reconcile kustomization cluster-apps --with-source",
  "flux -n flux-system reconcile source git home",
  "flux -n flux-apps suspend kustomization {{.APP}}",
  "flux get ks -A",
  "flux -n flux-system build --kustomization-file apps/app/ks.yaml",
  "# flux -n flux-system suspend ks app",
];

/** The numbers of the lines of a script that the report names. */
const linesIn = (script: readonly string[], path = "tasks/own.sh"): readonly number[] =>
  resultOf(
    namespace,
    { ...FILES, [path]: script.join("\n") },
    {
      namespace: { phases: { ".": "move" } },
    },
  ).plan.notes.flatMap(({ kind, position }) =>
    kind === "runbook" && position?.file === path ? [position.line] : [],
  );

describe("migrate namespace: commands that look for the children where they are today", () => {
  it("are named, and no others", () => {
    assert.deepEqual(
      linesIn([...NAMED, ...OTHER]),
      NAMED.map((_line, index) => index + 1),
    );
  });

  it("are found wherever programs read commands", () => {
    const line = "flux -n flux-system {{ state }} kustomization app";
    for (const path of ["tasks/mod.just", ".justfile", "makefile", "bin/app.mjs", "bin/app.ps1"])
      assert.deepEqual(linesIn(["", line], path), [2], path);
    assert.deepEqual(linesIn([line], "docs/notes.md"), []);
  });

  it("are named by their first line", () => {
    assert.deepEqual(
      linesIn(["cd tasks", "flux suspend kustomization app \\", "  --namespace flux-system"]),
      [2],
    );
  });

  it("includes those that create a key only there", () => {
    const create = (name: string): string =>
      `kubectl -n ${name} create secret generic sops-age --from-file=key`;
    assert.deepEqual(linesIn([create("flux-system")]), [1]);
    assert.deepEqual(linesIn([create("flux-system"), create("flux-apps")]), []);
  });
});

describe("migrate namespace: manifests that Flux does not read, with a Secret of the children", () => {
  const secret = (name: string, namespace?: string): object => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    stringData: { a: "b" },
  });
  const linesFor = (files: Files): readonly string[] =>
    resultOf(namespace, { ...FILES, ...files }).plan.notes.flatMap(({ message, position }) =>
      message.startsWith("what applies this file") ? [`${position?.file ?? ""}:${position?.line ?? 0}`] : [],
    );

  it("are named, because a new cluster gets it only where it is today", () => {
    assert.deepEqual(linesFor({ "start/keys.yaml": [secret("other"), secret("sops-age")] }), [
      "start/keys.yaml:11",
    ]);
    assert.deepEqual(linesFor({ "start/keys.yaml": secret("sops-age", "flux-system") }), [
      "start/keys.yaml:4",
    ]);
    const template = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: sops-age\n  namespace: {{ space }}\n";
    assert.deepEqual(linesFor({ "start/keys.yaml.j2": template }), ["start/keys.yaml.j2:4"]);
  });

  it("are not named for another namespace, or if there is one for the target, too", () => {
    assert.deepEqual(linesFor({ "start/keys.yaml": secret("sops-age", "media") }), []);
    assert.deepEqual(
      linesFor({ "start/keys.yaml": [secret("sops-age"), secret("sops-age", "flux-apps")] }),
      [],
    );
    assert.deepEqual(linesFor({ "start/keys.yaml": { ...secret("sops-age"), kind: "ConfigMap" } }), []);
  });
});
