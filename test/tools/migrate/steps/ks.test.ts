import assert from "node:assert/strict";
import { stringify } from "yaml";
import { ks } from "../../../../tools/migrate/steps/ks/step.ts";
import { kustomization, messages, resultOf, written, type Files } from "../planning.ts";

const PATCH = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: _ }
spec:
  prune: true
  wait: false
  dependsOn: [{ name: base }]
  postBuild: { substitute: { A: a, B: b } }
`;
/** A parent whose patches select every child. */
const repository = (children: Readonly<Record<string, object | string>>): Files => ({
  "flux/apps.yaml": kustomization("apps", "./apps", {
    patches: [{ patch: PATCH, target: { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" } }],
  }),
  ...Object.fromEntries(
    Object.entries(children).map(([name, spec]) => [
      `apps/${name}.yaml`,
      typeof spec === "string" ? spec : kustomization(name, `./${name}`, spec),
    ]),
  ),
});
const options = (files: Files): readonly string[] => messages(resultOf(ks, files), "option");

describe("migrate ks", () => {
  it("names the values that the patches replace, once for each parent", () => {
    const files = repository({
      one: { wait: true, dependsOn: [{ name: "database" }] },
      two: { wait: true, timeout: "5m" },
    });
    const [note = "", ...others] = options(files);
    assert.deepEqual(others, []);
    assert.equal(
      note,
      "the patches of Kustomization flux-system/apps override 3 fields of its children, so they have no effect today: " +
        "spec.wait: true, where the patches set false (apps/one.yaml:1, apps/two.yaml:1); spec.dependsOn (apps/one.yaml:1). " +
        "If the children are right, change the patches first",
    );
    assert.doesNotMatch(written(resultOf(ks, files), "apps/two.yaml"), /wait/);
  });

  it("keeps and does not name a field without a value, which no patch supplies", () => {
    const patch = PATCH.replace("  dependsOn: [{ name: base }]\n", "");
    const parent = kustomization("apps", "./apps", {
      patches: [{ patch, target: { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" } }],
    });
    const child = stringify(kustomization("one", "./one", { dependsOn: null })).replace(/ null$/m, "");
    const files = { "flux/apps.yaml": parent, "apps/one.yaml": child };
    assert.deepEqual(options(files), []);
    assert.match(written(resultOf(ks, files), "apps/one.yaml"), /\n {2}dependsOn:\n/);
  });

  it("counts the children if they are many", () => {
    const names = ["a", "b", "c", "d"].map((name) => [name, { wait: true }] as const);
    assert.match(options(repository(Object.fromEntries(names))).join(), /set false \(4 Kustomizations\)/);
  });

  it("is silent about values that the patches repeat or extend", () => {
    const spec = {
      prune: true,
      wait: false,
      dependsOn: [{ name: "base" }],
      postBuild: { substitute: { A: "a" } },
    };
    const files = repository({ one: spec });
    assert.deepEqual(options(files), []);
    assert.doesNotMatch(written(resultOf(ks, files), "apps/one.yaml"), /wait|dependsOn|postBuild/);
  });

  it("names a prune: false that the patches replace, even if its comment keeps it", () => {
    const kept = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: two, namespace: flux-system }
spec:
  path: ./two
  sourceRef: { kind: GitRepository, name: home }
  prune: false # never delete this
`;
    const result = resultOf(ks, repository({ one: { prune: false }, two: kept }));
    const notes = result.plan.notes.filter(({ kind }) => kind === "option");
    assert.deepEqual(
      notes.map(({ position }) => position?.file),
      ["apps/one.yaml", "apps/two.yaml"],
    );
    for (const { message } of notes)
      assert.match(message, /^spec\.prune: false has no effect today, .*flux-system\/apps set true/);
    assert.match(messages(result, "refused").join(), /never delete this/);
  });

  it("names commands that take a child from its own file, if they miss what the step removes", () => {
    const build = "flux build ks {{.NAME}} --kustomization-file apps/{{.NAME}}.yaml --path {{.NAME}}";
    const tasks = `tasks:\n  apply:\n    # ${build}\n    cmd: |\n      ${build} \\\n        | kubectl apply -f -\n  child:\n    cmd: kubectl apply -f apps/x/ks.yaml\n`;
    const runbook = (spec: object): readonly string[] =>
      resultOf(ks, { ...repository({ one: spec }), "Taskfile.yaml": tasks })
        .plan.notes.filter(({ kind }) => kind === "runbook")
        .map(({ message, position }) => `${position?.line ?? 0}: ${message}`);
    const [first = "", second = "", ...others] = runbook({ postBuild: { substitute: { A: "a" } } });
    assert.deepEqual(others, []);
    assert.match(
      first,
      /^5: this command takes a Kustomization from its file, .*\(spec\.postBuild.*\): for a child/,
    );
    assert.match(second, /^8: .*\(spec\.postBuild.*, spec\.prune\)/);
    // What a Kustomization builds does not depend on these.
    assert.deepEqual(
      runbook({ wait: true }).map((line) => line.slice(0, 2)),
      ["8:"],
    );
  });
});
