import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { parse, parseAllDocuments } from "yaml";
import { ACTIONS, githubWorkflow } from "../../../tools/rollout/export-github.ts";
import { operatorStacks } from "../../../tools/rollout/export-operator.ts";
import { skip } from "../../support/skip.ts";

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

/** The name of an object whose stack's name is no object name. */
const LAB = "edgefirst-lab-2-215a53";
const CONTEXTS = new Map([
  ["main", "admin@home"],
  ["edge", "edge"],
]);

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
      [LAB, "edgefirst-edge", "edgefirst-main"],
    );
    const requirement = { succeededWithinDuration: "30m" };
    assert.deepEqual(stacks[2]?.spec.prerequisites, [
      { name: "edgefirst-edge", requirement },
      { name: LAB, requirement },
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

  it("for the operator: names are unique and at most 42 characters long, which the operator's pods need", () => {
    const names = ["prod", "Prod", "prod.", "p".repeat(60), `${"p".repeat(59)}q`, "_"];
    const text = operatorStacks({ ...args, stacks: names.map((name) => ({ name, after: [] })) });
    const found = resources(text).map(({ metadata }) => metadata.name);
    assert.equal(new Set(found).size, names.length);
    for (const name of found) assert.match(name, /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/);
  });

  it("for the operator: says that it does not run the policy pack", () => {
    assert.match(operatorStacks(args), /^# The operator does not run the policy pack/m);
  });

  it("for the operator: passes strict validation against its CRD", function () {
    const path = process.env.EDGEFIRST_OPERATOR_CRD;
    if (path === undefined) {
      const where = "deploy/crds/pulumi.com_stacks.yaml of pulumi/pulumi-kubernetes-operator v2.9.0";
      skip(this, `EDGEFIRST_OPERATOR_CRD does not name ${where}`);
    }
    const validate = strictValidator(readFileSync(path, "utf8"));
    const texts = [args, { ...args, backend: "s3://state" }].map((given) => operatorStacks(given));
    for (const resource of texts.flatMap(resources)) {
      assert.ok(validate(resource), JSON.stringify(validate.errors));
      assert.ok(!validate({ ...resource, spec: { ...resource.spec, unknownField: 1 } }));
    }
  });

  it("for GitHub: plans each wave after the previous one, and rolls it out once the plan is approved", () => {
    const workflow = parse(githubWorkflow({ stacks: STACKS, branch: "trunk", contexts: CONTEXTS })) as {
      on: { push: { branches: string[] } };
      concurrency: { "cancel-in-progress": boolean };
      jobs: Record<
        string,
        {
          needs?: string[];
          if: string;
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
        ["plan-1", undefined, ["Lab_2", "edge"]],
        ["wave-1", ["plan-1"], ["Lab_2", "edge"]],
        ["plan-2", ["wave-1"], ["main"]],
        ["wave-2", ["plan-2"], ["main"]],
      ],
    );
    for (const [name, job] of jobs) {
      const plans = name.startsWith("plan");
      assert.equal(job.environment, plans ? "${{ matrix.stack }}" : "rollout-${{ matrix.stack }}");
      assert.equal(job.if, "github.ref == 'refs/heads/trunk'");
      assert.equal(job.strategy["fail-fast"], false);
      assert.match(job.steps.at(-2)?.run ?? "", plans ? /--dry-run/ : /rollout --only "\$STACK" --yes/);
      assert.equal(job.steps.at(-1)?.run, 'rm -f "$RUNNER_TEMP/kubeconfig"');
    }
  });

  it("for GitHub: names the contexts that each stack and its gate need", () => {
    const text = githubWorkflow({ stacks: STACKS, branch: "main", contexts: CONTEXTS });
    assert.match(text, /^# {3}main +admin@home, and for its gate edge, Lab_2$/m);
    assert.match(text, /^# {3}edge +edge$/m);
  });

  it("for GitHub: uses the actions that this project's own workflow pins", () => {
    const own = readFileSync(join(import.meta.dirname, "../../../.github/workflows/edgefirst.yaml"), "utf8");
    const text = githubWorkflow({ stacks: STACKS, branch: "main", contexts: CONTEXTS });
    for (const { uses, version } of Object.values(ACTIONS)) {
      assert(own.includes(`uses: ${uses} # ${version}\n`), uses);
      assert(text.includes(`uses: ${uses} # ${version}\n`), uses);
    }
    assert.equal(text.match(/uses: /g)?.length, 2 * 4);
  });

  it("for GitHub: expands no expression inside a shell command", () => {
    const { jobs } = parse(githubWorkflow({ stacks: STACKS, branch: "main", contexts: CONTEXTS })) as {
      jobs: Record<string, { steps: { run?: string }[] }>;
    };
    for (const { steps } of Object.values(jobs))
      for (const { run } of steps) assert.doesNotMatch(run ?? "", /\$\{\{/);
  });

  it("refuses stacks that depend on each other in a cycle", () => {
    const stacks = [{ name: "a", after: ["a"] }];
    assert.throws(() => operatorStacks({ ...args, stacks }), /cycle/);
    assert.throws(() => githubWorkflow({ stacks, branch: "main", contexts: CONTEXTS }), /cycle/);
  });
});

/** Validates as the API server does with strict field validation: what the schema does not name is refused. */
function strictValidator(crd: string): ValidateFunction {
  const { spec } = parse(crd) as {
    spec: { versions: { name: string; schema: { openAPIV3Schema: object } }[] };
  };
  const schema = spec.versions.find(({ name }) => name === "v1")?.schema.openAPIV3Schema ?? {};
  return new Ajv({ unknownFormats: "ignore", nullable: true, logger: false }).compile(
    closed(schema) as object,
  );
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const object = Object.fromEntries(entries) as Record<string, unknown>;
  const isFixed = typeof object.properties === "object" && !("additionalProperties" in object);
  const isOpen = object["x-kubernetes-preserve-unknown-fields"] === true || "metadata" in entriesOf(object);
  return isFixed && !isOpen ? { ...object, additionalProperties: false } : object;
}

const entriesOf = ({ properties }: Record<string, unknown>): object => properties ?? {};
