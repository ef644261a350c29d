import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import { githubWorkflow } from "../../../tools/rollout/export-github.ts";
import { operatorStacks } from "../../../tools/rollout/export-operator.ts";

const STACKS = [
  { name: "main", after: ["edge", "Lab_2"] },
  { name: "edge", after: [] },
  { name: "Lab_2", after: [] },
];

interface StackResource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  spec: Record<string, unknown> & { stack: string; prerequisites?: { name: string }[] };
}

describe("export of the stacks", () => {
  const args = {
    stacks: STACKS,
    project: "edgefirst",
    organization: "organization",
    repository: "https://example.com/platform",
    branch: "main",
    namespace: "platform",
    image: "example.com/pulumi:1",
  };
  const objects = (text: string) =>
    parseAllDocuments(text).map((document) => document.toJS() as StackResource);
  const resources = (text: string) => objects(text).filter(({ kind }) => kind === "Stack");

  it("for the operator: lists each stack once, after its prerequisites, with valid Kubernetes names", () => {
    const stacks = resources(operatorStacks(args));
    assert.deepEqual(
      stacks.map(({ metadata }) => metadata.name),
      ["edgefirst-lab-2", "edgefirst-edge", "edgefirst-main"],
    );
    const requirement = { succeededWithinDuration: "30m" };
    assert.deepEqual(stacks[2]?.spec.prerequisites, [
      { name: "edgefirst-edge", requirement },
      { name: "edgefirst-lab-2", requirement },
    ]);
    const [, one] = resources(
      operatorStacks({ ...args, stacks: [STACKS[1]!, { name: "main", after: ["edge"] }] }),
    );
    assert.deepEqual(one?.spec.prerequisites, [
      { name: "edgefirst-edge", requirement: { succeededWithinDuration: "2m" } },
    ]);
    assert.equal(stacks[0]?.spec.prerequisites, undefined);
    assert.equal(stacks[0]?.spec.stack, "organization/edgefirst/Lab_2");
    for (const { apiVersion, metadata } of objects(operatorStacks(args)).filter(
      ({ kind }) => kind === "Stack",
    ))
      assert.deepEqual([apiVersion, metadata.namespace], ["pulumi.com/v1", "platform"]);
  });

  it("for the operator: Stacks destroy nothing when deleted, create no stack, and retry soon after a refusal", () => {
    for (const { spec } of resources(operatorStacks(args))) {
      assert.equal(spec.destroyOnFinalize, false);
      assert.equal(spec.useLocalStackOnly, true);
      assert.equal(spec.retryMaxBackoffDurationSeconds, 600);
      assert.equal(spec.backend, undefined);
    }
    const [first] = resources(operatorStacks({ ...args, backend: "s3://state" }));
    assert.equal(first?.spec.backend, "s3://state");
  });

  it("for GitHub: writes one job per wave that needs the previous one, and one environment per stack", () => {
    const workflow = parse(githubWorkflow({ stacks: STACKS, branch: "trunk" })) as {
      on: { push: { branches: string[] } };
      concurrency: { "cancel-in-progress": boolean };
      jobs: Record<
        string,
        {
          needs?: string[];
          environment: string;
          strategy: { "fail-fast": boolean; matrix: { stack: string[] } };
          steps: { run?: string }[];
        }
      >;
    };
    assert.deepEqual(workflow.on.push.branches, ["trunk"]);
    assert.equal(workflow.concurrency["cancel-in-progress"], false);
    const jobs = Object.entries(workflow.jobs);
    assert.deepEqual(
      jobs.map(([name, { needs, strategy }]) => [name, needs, strategy.matrix.stack]),
      [
        ["wave-1", undefined, ["Lab_2", "edge"]],
        ["wave-2", ["wave-1"], ["main"]],
      ],
    );
    for (const [, job] of jobs) {
      assert.equal(job.environment, "${{ matrix.stack }}");
      assert.equal(job.strategy["fail-fast"], false);
      assert.match(job.steps.at(-1)?.run ?? "", /rollout --only "\$STACK" --yes/);
    }
  });

  it("for GitHub: expands no expression inside a shell command", () => {
    const { jobs } = parse(githubWorkflow({ stacks: STACKS, branch: "main" })) as {
      jobs: Record<string, { steps: { run?: string }[] }>;
    };
    for (const { steps } of Object.values(jobs))
      for (const { run } of steps) assert.doesNotMatch(run ?? "", /\$\{\{/);
  });

  it("refuses stacks that depend on each other in a cycle", () => {
    const stacks = [{ name: "a", after: ["a"] }];
    assert.throws(() => operatorStacks({ ...args, stacks }), /cycle/);
    assert.throws(() => githubWorkflow({ stacks, branch: "main" }), /cycle/);
  });
});
