import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { githubWorkflow } from "../../../tools/rollout/export-github.ts";
import { operatorStacks } from "../../../tools/rollout/export-operator.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/rollout");
const STACKS = [
  { name: "main", after: ["edge", "lab"] },
  { name: "edge", after: [] },
  { name: "lab", after: [] },
];
const EXPORTED: Readonly<Record<string, () => string>> = {
  "workflow.yaml": () =>
    githubWorkflow({
      stacks: STACKS,
      branch: "it's-main",
      contexts: new Map([["main", "admin@home"]]),
    }),
  "stacks.yaml": () =>
    operatorStacks({
      stacks: STACKS,
      project: "edgefirst",
      organization: "acme",
      repository: "https://example.com/platform",
      branch: "main",
      namespace: "platform",
      image: "example.com/pulumi:1",
      backend: "s3://state",
    }),
};

// Users commit these files, so every line of them counts. After an intended change, review the difference and write the new text to the fixture.
describe("exported files, in full", () => {
  for (const [name, exported] of Object.entries(EXPORTED))
    it(name, () => {
      assert.equal(exported(), readFileSync(join(FIXTURES, name), "utf8"));
    });
});
