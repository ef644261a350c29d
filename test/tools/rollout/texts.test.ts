import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readStackFile } from "../../../tools/rollout/stack-file.ts";
import { changeOf, describeUrn, renderSummary, type EngineSummary } from "../../../tools/rollout/summary.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const SUMMARY: EngineSummary = { changes: [], unchanged: 2, warnings: [], violations: [], outputs: {} };

describe("text of a summary", () => {
  it("says that nothing changes", () => {
    assert.deepEqual(renderSummary(SUMMARY), ["no change, 2 unchanged"]);
  });

  it("lists up to ten new objects, and otherwise nine and the number of the others", () => {
    const creating = (count: number): string[] =>
      renderSummary({
        ...SUMMARY,
        changes: Array.from({ length: count }, (_, index) => ({
          kind: "create" as const,
          object: `Service n/${index}`,
          properties: ["spec"],
        })),
      });
    assert.deepEqual([creating(10).length, creating(10).at(-1)], [11, "  create Service n/9"]);
    assert.deepEqual([creating(11).length, creating(11).at(-1)], [11, "  and 2 more to create"]);
  });

  it("marks mandatory policies, names their object, and indents further lines", () => {
    const violation = { policy: "p", mandatory: true, message: "one\ntwo" };
    assert.deepEqual(
      renderSummary({
        ...SUMMARY,
        violations: [violation, { ...violation, mandatory: false, object: "Service n/a", message: "x" }],
        warnings: ["careful\nplease read"],
      }),
      [
        "no change, 2 unchanged",
        "! policy p: one",
        "    two",
        "  policy (advisory) p: Service n/a: x",
        "  warning: careful",
        "    please read",
      ],
    );
  });

  it("names the properties of a change: those that force a replacement, or that differ", () => {
    const step = (op: string, more: object) =>
      changeOf({
        op,
        type: "kubernetes:core/v1:Service",
        urn: "urn:pulumi:edge::edgefirst::kubernetes:core/v1:Service::n/a::b",
        new: { custom: true },
        ...more,
      });
    const object = "Service n/a::b";
    assert.deepEqual(step("import", {}), { kind: "create", object, properties: [] });
    assert.deepEqual(step("import-replacement", { keys: ["k"], diffs: ["d"] }), {
      kind: "replace",
      object,
      properties: ["k"],
    });
    assert.deepEqual(step("update", { keys: ["k"], diffs: ["d"] })?.properties, ["d"]);
    assert.deepEqual(step("update", { detailedDiff: { "spec.a": {} } })?.properties, ["spec.a"]);
    assert.equal(step("delete", { new: undefined, old: { custom: true } })?.kind, "delete");
    assert.equal(step("delete", { new: undefined }), undefined);
    assert.equal(describeUrn("urn:pulumi:s::p::a$kubernetes:apps/v1:Deployment::n/a"), "Deployment n/a");
  });
});

describe("what a rollout reads from a stack file", () => {
  let project: string;
  beforeEach(() => {
    project = temporaryDirectory("edgefirst-stack-file-");
  });
  const read = (text: string) => {
    writeFileSync(join(project, "Pulumi.main.yaml"), text);
    return readStackFile(project, "main");
  };
  const refusal = async (text: string): Promise<string> =>
    read(text).then(
      () => "no error",
      (error: unknown) => (error as Error).message.replaceAll(/\n\s*/g, " "),
    );

  it("is its upstream stacks and its cluster, each of which may be missing", async () => {
    for (const text of ["", "config:", "config: {}", "config: { edgefirst:cluster: { kubeconfig: k } }"])
      assert.deepEqual(await read(text), { after: [] }, text);
    assert.deepEqual(
      await read(
        "config:\n  edgefirst:after: [edge, lab]\n  edgefirst:cluster: { context: home, kubeconfig: k }\n",
      ),
      { after: ["edge", "lab"], cluster: { context: "home", kubeconfig: "k" } },
    );
  });

  it("is refused with what to write if it cannot be read", async () => {
    const rest = "expected a list of stack names. Write it like this: `edgefirst:after: [edge]`.";
    assert.equal(
      await refusal("config:\n  edgefirst:after: edge\n"),
      `Pulumi.main.yaml has edgefirst:after: "edge"; ${rest}`,
    );
    assert.equal(
      await refusal("config:\n  edgefirst:after: [edge, 1]\n"),
      `Pulumi.main.yaml has edgefirst:after: ["edge",1]; ${rest}`,
    );
    assert.match(
      await refusal("config: [a\n"),
      /^Pulumi\.main\.yaml is not valid YAML: .*Fix it\. Nothing was changed\.$/,
    );
  });
});
