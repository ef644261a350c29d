import assert from "node:assert/strict";
import { build, kustomization } from "../../support/built-repository.ts";

const problemsOf = (more: Readonly<Record<string, string>>): readonly string[] =>
  build({
    "flux/sync.yaml": kustomization("sync", "./"),
    "app/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: map, namespace: default }\n",
    ".edgefirst/migrate.yaml": "acceptLoss: [comment]\n",
    ".edgefirst/knowledge/data-kinds.yaml": "- kind: Ledger.example.com\n",
    ...more,
  }).clusters.flatMap(({ problems }) =>
    problems.map(({ message, position }) => `${position.file}: ${message}`),
  );

describe("the settings of edgefirst in a repository whose root Flux builds", () => {
  it("are a problem that says what Flux does with them, and how to exclude them", () => {
    const problems = problemsOf({});
    assert.equal(problems.length, 2);
    for (const problem of problems)
      assert.match(
        problem,
        /^\.edgefirst\/.*: this is not a Kubernetes object, but a file of edgefirst: .*applies nothing.* add the line \/\.edgefirst\/ to \.sourceignore .* the lines of Flux's own list that the repository needs, which the first line of such a file replaces/,
      );
  });

  it("are none if .sourceignore excludes them, as the problem says", () => {
    assert.deepEqual(problemsOf({ ".sourceignore": "/.edgefirst/\n" }), []);
  });

  it("do not stop Flux by what the line replaces: its own list of exclusions", () => {
    const workflow = { ".github/workflows/ci.yaml": "on: push\n" };
    assert.equal(problemsOf({ ...workflow, ".sourceignore": "/.edgefirst/\n" }).length, 1);
    assert.deepEqual(problemsOf({ ...workflow, ".sourceignore": "/.edgefirst/\n.github/\n" }), []);
  });

  it("leave the message for other files as it is", () => {
    assert.deepEqual(problemsOf({ ".sourceignore": "/.edgefirst/\n", "app/values.yaml": "a: 1\n" }), [
      "app/values.yaml: this is not a Kubernetes object: it has no kind",
    ]);
  });
});
