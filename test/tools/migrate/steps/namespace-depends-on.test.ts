import assert from "node:assert/strict";
import { runStep, type StepResult } from "../../../../tools/migrate/run.ts";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { kustomization, messages, SOURCE, withRepository, written, type Files } from "../planning.ts";

const GUARD = {
  patch:
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: not-used\nspec:\n  deletionPolicy: Orphan\n",
  target: { kind: "Kustomization" },
};
const root = (path: string): object => kustomization("cluster-apps", path, { patches: [GUARD] });
const TARGET = { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-apps" } };

/** A child with the given list, as it is written in its file. */
const child = (
  name: string,
  dependsOn: string,
  more = "",
): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
  namespace: flux-system
spec:
  path: ./app
  prune: true
  sourceRef:
    kind: GitRepository
    name: home
${dependsOn}${more}`;
const LIST = "  dependsOn:\n    - name: sibling\n    - name: storage # first\n";
const FLOW = "  dependsOn: [{ name: sibling }, { name: storage }]\n";

/** A guarded cluster whose Kustomization `storage` stays in flux-system. */
const cluster = (children: string): Files => ({
  "flux/sync.yaml": [
    ...[kustomization("cluster", "./flux"), SOURCE, root("./apps"), TARGET],
    kustomization("storage", "./storage"),
  ],
  "apps/app.yaml": children,
  "apps/sibling.yaml": kustomization("sibling", "./sibling"),
  ...Object.fromEntries(
    ["app", "sibling", "storage"].map((name) => [
      `${name}/config.yaml`,
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "apps" } },
    ]),
  ),
});

const move = (files: Files): StepResult =>
  withRepository(files, {}, (context) => {
    const phases = Object.fromEntries(context.clusters.map(({ name }) => [name, "move" as const]));
    const options = { ...context.options, namespace: { ...context.options.namespace, phases } };
    return runStep(namespace, { ...context, options });
  });
/** The lines about files whose dependencies depend on the root's patches. */
const tied = (result: StepResult): readonly string[] =>
  messages(result, "runbook").filter((line) => line.startsWith("from now on, change the dependsOn"));
const changedFiles = ({ plan }: StepResult): readonly string[] =>
  plan.changes.map(({ path }) => path).filter((path) => path.endsWith(".yaml") && !path.startsWith("."));

describe("migrate namespace: dependencies", () => {
  it("writes the namespace of one that stays into the child's file, not by position into the root's patches", () => {
    const result = move(cluster(child("app", LIST)));
    assert.equal(result.proof.status, "holds");
    assert.equal(
      written(result, "apps/app.yaml"),
      child("app", LIST.replace("# first\n", "# first\n      namespace: flux-system\n")),
    );
    assert.doesNotMatch(written(result, "flux/sync.yaml"), /dependsOn/);
    assert.deepEqual(tied(result), []);
  });

  it("changes a namespace that is written already", () => {
    const far = LIST.replace("name: sibling\n", 'name: sibling\n      namespace: "flux-system"\n');
    const result = move(cluster(child("app", far)));
    assert.equal(result.proof.status, "holds");
    assert.match(written(result, "apps/app.yaml"), /- name: sibling\n {6}namespace: "flux-apps"\n/);
  });

  it("keeps the patch for a list that it does not edit, and names the file", () => {
    const result = move(cluster(child("app", FLOW)));
    assert.equal(result.proof.status, "holds");
    assert.deepEqual(changedFiles(result), ["flux/sync.yaml"]);
    assert.match(written(result, "flux/sync.yaml"), /path: \/spec\/dependsOn\/1\/namespace/);
    assert.deepEqual(tied(result), [
      "from now on, change the dependsOn of the Kustomizations in these files only together with the patches for it in flux/sync.yaml, which select each dependency by its position: a patch for a position that no longer exists stops everything that flux-system/cluster-apps applies, and another dependency at that position gets the patch's namespace: apps/app.yaml",
    ]);
  });

  it("keeps the patch if a patch of the repository makes the list, or a variable is in it", () => {
    const patched = {
      ...cluster(child("app", "")),
      "apps/kustomization.yaml": {
        resources: ["app.yaml", "sibling.yaml"],
        patches: [{ path: "waits.yaml" }],
      },
      "apps/waits.yaml": {
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: { name: "app", namespace: "flux-system" },
        spec: { dependsOn: [{ name: "storage" }] },
      },
    };
    const result = move(patched);
    assert.deepEqual(changedFiles(result), ["flux/sync.yaml"]);
    assert.equal(tied(result).length, 1);
    const named = cluster(child("app", LIST.replace("storage", "${STORAGE:=storage}")));
    const substituted = kustomization("cluster-apps", "./apps", {
      patches: [GUARD],
      postBuild: { substitute: { STORAGE: "storage" } },
    });
    const variable = move({
      ...named,
      "flux/sync.yaml": [
        ...(named["flux/sync.yaml"] as readonly object[]).filter((_, index) => index !== 2),
        substituted,
      ],
    });
    assert.deepEqual(changedFiles(variable), ["flux/sync.yaml"]);
  });

  it("keeps the patch if another cluster receives the file", () => {
    const files = cluster(child("app", LIST));
    const other = {
      "other/sync.yaml": [
        ...[kustomization("cluster", "./other"), SOURCE, kustomization("others", "./apps")],
        kustomization("storage", "./storage"),
      ],
    };
    const result = move({ ...files, ...other });
    assert.deepEqual(changedFiles(result), ["flux/sync.yaml"]);
    assert.equal(tied(result).length, 1);
  });

  it("still compares the children below an edit in the same file", () => {
    const optional =
      "  postBuild:\n    substituteFrom:\n      - { kind: Secret, name: own, optional: true }\n";
    const files = cluster(`${child("app", LIST)}---\n${child("below", LIST, optional)}`);
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "own", namespace: "flux-system" } };
    const result = move({ ...files, "flux/secret.yaml": secret });
    assert.deepEqual(messages(result, "refused"), [
      "cannot move: flux-apps/below would not find Secret flux-apps/own (substituteFrom), because only flux-system/own exists; the reference is optional, so its variables would be empty without an error; add it to this repository in flux-apps first",
    ]);
    const { proof } = move(files);
    assert.equal(proof.status, "holds");
  });
});
