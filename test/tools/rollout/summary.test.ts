import assert from "node:assert/strict";
import { gatherEvents } from "../../../tools/rollout/engine-events.ts";
import {
  countsText,
  renderSummary,
  type EngineStep,
  type EngineSummary,
} from "../../../tools/rollout/summary.ts";

const urn = (type: string, name: string): string =>
  `urn:pulumi:edge::edgefirst::edgefirst:platform:Traefik$kubernetes:${type}::${name}`;
const step = (op: string, type: string, name: string, more: Partial<EngineStep> = {}): EngineStep => ({
  op,
  urn: urn(type, name),
  type: `kubernetes:${type}`,
  [op.startsWith("delete") ? "old" : "new"]: { custom: true },
  ...more,
});

function summaryOf(...steps: EngineStep[]): EngineSummary {
  const { log, onEvent } = gatherEvents(() => undefined, "done");
  for (const metadata of steps) onEvent({ resourcePreEvent: { metadata } });
  return log;
}

const DEPLOYMENT = "apps/v1:Deployment";

describe("the summary of a preview", () => {
  it("lists deletions and replacements first, marked, then updates with their properties, then new objects", () => {
    const summary = summaryOf(
      step("create", "core/v1:Namespace", "network"),
      step("update", DEPLOYMENT, "network/traefik", { diffs: ["spec"] }),
      step("create-replacement", "core/v1:Service", "network/traefik"),
      step("replace", "core/v1:Service", "network/traefik", { keys: ["spec.clusterIP"], diffs: ["spec"] }),
      step("delete-replaced", "core/v1:Service", "network/traefik"),
      step("delete", DEPLOYMENT, "observability/gatus"),
      step("same", "core/v1:ConfigMap", "observability/gatus"),
    );
    assert.deepEqual(renderSummary(summary), [
      "1 to DELETE, 1 to REPLACE, 1 to update, 1 to create, 1 unchanged",
      "! DELETE Deployment observability/gatus",
      "! REPLACE Service network/traefik: spec.clusterIP",
      "  update Deployment network/traefik: spec",
      "  create Namespace network",
    ]);
  });

  it("reports that a retained object stays on the cluster", () => {
    const summary = summaryOf(
      step("delete", "core/v1:Namespace", "network", { old: { custom: true, retainOnDelete: true } }),
    );
    assert.deepEqual(renderSummary(summary), [
      "1 to forget, 0 unchanged",
      "  forget Namespace network (stays on the cluster)",
    ]);
  });

  it("does not count components, providers and the stack", () => {
    const summary = summaryOf(
      { op: "create", urn: urn("x", "y"), type: "edgefirst:platform:Traefik", new: {} },
      { op: "create", urn: urn("x", "y"), type: "pulumi:providers:kubernetes", new: { custom: true } },
      { op: "same", urn: urn("x", "y"), type: "pulumi:pulumi:Stack", new: {} },
    );
    assert.equal(countsText(summary), "no change, 0 unchanged");
  });

  it("shortens a long list of new objects", () => {
    const lines = renderSummary(
      summaryOf(...Array.from({ length: 30 }, (_, index) => step("create", DEPLOYMENT, `n/d${index}`))),
    );
    assert.equal(lines.length, 11);
    assert.equal(lines.at(-1), "  and 21 more to create");
  });

  it("shows warnings and violations without the engine's colours", () => {
    const { log, onEvent } = gatherEvents(() => undefined, "done");
    onEvent({
      diagnosticEvent: { severity: "warning", message: "<{%fg 1%}>not verified<{%reset%}>\nby edge\n" },
    });
    onEvent({ diagnosticEvent: { severity: "warning", message: "using pulumi-x from $PATH at /bin" } });
    onEvent({
      policyEvent: {
        policyName: "image-pinned",
        enforcementLevel: "mandatory",
        message: "no digest",
        resourceUrn: step("create", DEPLOYMENT, "network/traefik").urn,
      },
    });
    assert.deepEqual(renderSummary(log).slice(1), [
      "! policy image-pinned: Deployment network/traefik: no digest",
      "  warning: not verified",
      "    by edge",
    ]);
  });

  it("reports each finished step and each message of the program as one line", () => {
    const lines: string[] = [];
    const { log, onEvent } = gatherEvents((text) => lines.push(text), "done");
    onEvent({ resOutputsEvent: { metadata: step("create", DEPLOYMENT, "network/traefik") } });
    onEvent({ resOutputsEvent: { metadata: step("same", DEPLOYMENT, "network/other") } });
    onEvent({ diagnosticEvent: { severity: "info", message: "3 of 4 checks hold\nwaiting for x\n" } });
    onEvent({ diagnosticEvent: { severity: "debug", message: "RegisterResource … every value" } });
    onEvent({ diagnosticEvent: { severity: "error", message: "it broke" } });
    onEvent({ stdoutEvent: { message: "^C received; cancelling. If you would like …" } });
    assert.deepEqual(lines, ["1 done: create Deployment network/traefik", "3 of 4 checks hold"]);
    assert.deepEqual(log.errors, ["it broke"]);
    assert.equal(log.interrupted, true);
  });

  it("reads the result of a refresh from the end of each step", () => {
    const { log, onEvent } = gatherEvents(() => undefined, "done");
    for (const [op, name] of [
      ["update", "network/a"],
      ["same", "network/b"],
    ] as const) {
      onEvent({ resourcePreEvent: { metadata: step("refresh", DEPLOYMENT, name) } });
      onEvent({
        resOutputsEvent: { metadata: step(op, DEPLOYMENT, name, { detailedDiff: { "spec.x": {} } }) },
      });
    }
    assert.deepEqual(log.changes, [
      { kind: "update", object: "Deployment network/a", properties: ["spec.x"] },
    ]);
    assert.equal(log.unchanged, 1);
  });

  it("contains the program's outputs", () => {
    const { log, onEvent } = gatherEvents(() => undefined, "done");
    const metadata = {
      op: "same",
      urn: "",
      type: "pulumi:pulumi:Stack",
      new: { outputs: { release: "abc" } },
    };
    onEvent({ resOutputsEvent: { metadata } });
    assert.deepEqual(log.outputs, { release: "abc" });
  });
});
