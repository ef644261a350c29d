import assert from "node:assert/strict";
import { formatNote } from "../../../../tools/migrate/report.ts";
import { handover } from "../../../../tools/migrate/steps/handover/step.ts";
import { kustomization, resultOf, SOURCE } from "../planning.ts";

const KEPT = { "kustomize.toolkit.fluxcd.io/prune": "disabled" };
const guarded = (object: object, annotations: object): object => {
  const { metadata = {}, ...rest } = object as { metadata?: object };
  return { ...rest, metadata: { ...metadata, ...annotations } };
};
const TASKFILE = `tasks:
  bootstrap: kubectl apply --server-side -k {{.KUBERNETES_DIR}}/flux/config
  validate: scripts/validate.sh kubernetes
`;
const WORKFLOW = `jobs:
  test:
    steps:
      - uses: docker://registry.example.com/flux-local:v8
        with:
          args: test --path /github/workspace/kubernetes/flux
      - run: scripts/plan.sh kubernetes/flux/apps.yaml
      - run: flux-local diff ks --path kubernetes/start
`;

/** The notes about the lines of the two files. */
function notesIn(phase: "guard" | "remove"): readonly string[] {
  const annotations = phase === "remove" ? { annotations: KEPT } : {};
  const policy = phase === "remove" ? { deletionPolicy: "Orphan" } : {};
  const root = kustomization("cluster-apps", "./kubernetes/apps", policy);
  const files = {
    "kubernetes/start/cluster.yaml": kustomization("cluster", "./kubernetes/flux"),
    "kubernetes/flux/config/source.yaml": guarded(SOURCE, annotations),
    "kubernetes/flux/apps.yaml": guarded(root, annotations),
    // Otherwise, the removal would leave nothing to build.
    "kubernetes/flux/notes.yaml": { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "notes" } },
    "kubernetes/apps/kustomization.yaml": {
      resources: ["app.yaml"],
      configMapGenerator: [{ name: "sync", files: ["values.yaml"] }],
    },
    "kubernetes/apps/values.yaml": "sync: { path: kubernetes/flux }\n",
    "kubernetes/apps/app.yaml": { apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } },
    "Taskfile.yaml": TASKFILE,
    ".github/workflows/test.yaml": WORKFLOW,
  };
  const { plan } = resultOf(handover, files, { handover: { phases: { "kubernetes/start": phase } } });
  assert.ok(plan.changes.length > 0, plan.notes.map(formatNote).join("\n"));
  return plan.notes.map(formatNote).filter((note) => note.includes("this line names"));
}

describe("migrate handover: what reads the objects from their files", () => {
  const change = "change it in the same commit";
  const cluster = "a new cluster gets them from the stack: run `pulumi up` there, too";
  const start =
    "so that a check may pass without the apps: let it start at kubernetes/apps, which Kustomization flux-system/cluster-apps builds, or write a copy of the objects first if the apps need its patches";

  it("is listed with the removal: what bootstraps a cluster, and what tests the repository", () => {
    assert.deepEqual(notesIn("remove"), [
      `.github/workflows/test.yaml:6: this line names kubernetes/flux, where this phase removes Kustomization flux-system/cluster-apps, GitRepository flux-system/home. It then sees only the rest, ${start}; ${change}`,
      `.github/workflows/test.yaml:7: this line names kubernetes/flux/apps.yaml, which this phase deletes with Kustomization flux-system/cluster-apps. It then finds nothing there. If it creates a cluster, ${cluster}; ${change}`,
      `.github/workflows/test.yaml:8: this line names kubernetes/start, from where Kustomizations lead to what this phase removes: Kustomization flux-system/cluster-apps, GitRepository flux-system/home. It then sees only the rest, ${start}; ${change}`,
      `Taskfile.yaml:2: this line names kubernetes/flux/config, where this phase removes GitRepository flux-system/home. It then applies only the rest, and ${cluster}; ${change}`,
    ]);
  });

  it("is already listed with the guard, for the plan", () => {
    const now = notesIn("remove").map((note) =>
      note
        .replace(/this phase (?=removes|deletes)/, "the phase remove ")
        .replace(change, "change it in the commit of that phase"),
    );
    assert.deepEqual(notesIn("guard"), now);
  });
});
