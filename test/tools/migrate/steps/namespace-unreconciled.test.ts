import assert from "node:assert/strict";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { kustomization, messages, resultOf, written, type Files, SOURCE } from "../planning.ts";

const GROUP = "kustomize.toolkit.fluxcd.io";
/** A child that applies these objects, and the root with the guard or without it. */
const repository = (objects: readonly object[], root: object = {}): Files => ({
  "flux/sync.yaml": [
    kustomization("cluster", "./flux"),
    SOURCE,
    kustomization("cluster-apps", "./apps", root),
  ],
  "apps/app.yaml": kustomization("app", "./app"),
  "app/objects.yaml": objects,
});
const claim = (name: string, metadata: object, at = "app"): object => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: at, ...metadata },
  spec: {},
});
const marked = (name: string, value: string): object => ({ annotations: { [`${GROUP}/${name}`]: value } });
const lines = (files: Files, options: object = {}): readonly string[] =>
  messages(resultOf(namespace, files, options), "runbook").filter((line) =>
    line.includes("kubectl annotate"),
  );

describe("migrate namespace: data that Flux does not change", () => {
  it("is listed with the command for its annotation, one line for each kind, namespace and mark", () => {
    const once = marked("ssa", "IfNotPresent");
    const files = repository([
      claim("one", once),
      claim("two", { labels: { [`${GROUP}/ssa`]: "ifnotpresent" } }),
      claim("other", once, "other"),
      claim("plain", {}),
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "app", ...once } },
    ]);
    assert.match(written(resultOf(namespace, files), "app/objects.yaml"), /prune: disabled/);
    assert.deepEqual(lines(files), [
      `PersistentVolumeClaim app/one, app/two: Flux does not change what exists (${GROUP}/ssa: IfNotPresent), so reconciling does not add prune: disabled, and until it is there only deletionPolicy: Orphan keeps the data; before the move run: kubectl annotate PersistentVolumeClaim one two -n app ${GROUP}/prune=disabled --overwrite`,
      `PersistentVolumeClaim other/other: Flux does not change what exists (${GROUP}/ssa: IfNotPresent), so reconciling does not add prune: disabled, and until it is there only deletionPolicy: Orphan keeps the data; before the move run: kubectl annotate PersistentVolumeClaim other -n other ${GROUP}/prune=disabled --overwrite`,
    ]);
  });

  it("is what Flux ignores, too, and what has the annotation in the repository already", () => {
    for (const [name, value] of [
      ["ssa", "Ignore"],
      ["reconcile", "disabled"],
    ] as const) {
      const [line = "", ...others] = lines(repository([claim("data", marked(name, value))]));
      assert.ok(line.includes(`(${GROUP}/${name}: ${value})`), line);
      assert.deepEqual(others, []);
    }
    const both = { [`${GROUP}/ssa`]: "IfNotPresent", [`${GROUP}/prune`]: "disabled" };
    assert.equal(lines(repository([claim("data", { annotations: both })])).length, 1);
    assert.deepEqual(lines(repository([claim("data", marked("ssa", "Merge"))])), []);
  });

  it("names custom resources with their group, and cluster-wide objects without a namespace", () => {
    const once = marked("ssa", "IfNotPresent");
    const metadata = { name: "books", namespace: "app", ...once };
    const found = lines(
      repository([
        { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", metadata, spec: {} },
        { apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "disk", ...once }, spec: {} },
      ]),
    ).join("\n");
    assert.match(found, /kubectl annotate Cluster\.postgresql\.cnpg\.io books -n app kustomize/);
    assert.match(found, /^PersistentVolume disk: .*kubectl annotate PersistentVolume disk kustomize/m);
  });

  it("is listed again with the move, which is planned only if every child has the guard", () => {
    const guard = {
      patches: [
        {
          patch: JSON.stringify({
            apiVersion: `${GROUP}/v1`,
            kind: "Kustomization",
            metadata: { name: "any" },
            spec: { deletionPolicy: "Orphan" },
          }),
          target: { group: GROUP, kind: "Kustomization" },
        },
      ],
    };
    const kept = { annotations: { [`${GROUP}/ssa`]: "IfNotPresent", [`${GROUP}/prune`]: "disabled" } };
    const move = { namespace: { phases: { ".": "move" } } };
    const unguarded = resultOf(namespace, repository([claim("data", kept)]), move);
    assert.deepEqual(unguarded.plan.changes, []);
    assert.match(messages(unguarded, "refused").join("\n"), /cannot move: not every child is guarded/);
    const target = { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-apps" } };
    const guarded = {
      ...repository([claim("data", kept)], guard),
      "flux/flux-apps.yaml": target,
    };
    assert.deepEqual(messages(resultOf(namespace, guarded, move), "refused"), []);
    assert.equal(lines(guarded, move).length, 1);
  });
});
