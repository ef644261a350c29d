import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import {
  gatherEvents,
  reasonsOf,
  type EngineEvent,
  type EventLog,
} from "../../../tools/rollout/engine-events.ts";
import { interruption } from "../../../tools/rollout/interruption.ts";

const STACK = "pulumi:pulumi:Stack";
const urnOf = (type: string, name: string): string => `urn:pulumi:edge::edgefirst::${type}::${name}`;
const step = (op: string, type: string, name: string, outputs?: object) =>
  ({
    metadata: { op, type, urn: urnOf(type, name), new: { type, custom: true, ...(outputs && { outputs }) } },
  }) as never;
const SERVICE = "kubernetes:core/v1:Service";

function gather(...events: EngineEvent[]): { log: EventLog; lines: string[] } {
  const lines: string[] = [];
  const { log, onEvent } = gatherEvents((line) => lines.push(line), "done");
  for (const event of events) onEvent(event);
  return { log, lines };
}
const diagnostic = (severity: string, message: string): EngineEvent => ({
  diagnosticEvent: { severity, message },
});

describe("events of one run of the engine", () => {
  it("count finished changes, and collect the stack's outputs", () => {
    const { log, lines } = gather(
      { resourcePreEvent: step("create", SERVICE, "a") },
      { resOutputsEvent: step("create", SERVICE, "a", { x: 1 }) },
      { resourcePreEvent: step("same", SERVICE, "b") },
      { resOutputsEvent: step("same", SERVICE, "b", { x: 2 }) },
      { resOutputsEvent: step("update", STACK, "s", { release: "r1" }) },
    );
    assert.deepEqual([log.changes.length, log.unchanged, log.interrupted], [1, 1, false]);
    assert.deepEqual(log.outputs, { release: "r1" });
    assert.match(lines[0] ?? "", /^1 done: create .*a$/);
    const bare = gather({ resOutputsEvent: step("same", STACK, "s") });
    assert.deepEqual(bare.log.outputs, {});
    assert.deepEqual(bare.lines, []);
  });

  it("count what a refresh found only once it is done with the resource", () => {
    const before = { resourcePreEvent: step("refresh", SERVICE, "a") };
    assert.equal(gather(before).log.changes.length, 0);
    const after = gather(before, { resOutputsEvent: step("update", SERVICE, "a") });
    assert.equal(after.log.changes.length, 1);
    const unrelated = gather(
      { resourcePreEvent: step("create", SERVICE, "a") },
      { resOutputsEvent: step("create", SERVICE, "a") },
    );
    assert.equal(unrelated.log.changes.length, 1);
  });

  it("keep errors and warnings, and report the first line of information, without colours", () => {
    const { log, lines } = gather(
      diagnostic("error", "<{%fg 1%}>broken<{%reset%}>\n"),
      diagnostic("warning", "\u001b[33mcareful\u001b[0m"),
      diagnostic("warning", "using pulumi-resource-x from $PATH at /usr/bin/x"),
      diagnostic("info", "one\ntwo"),
      diagnostic("info#err", "three"),
      diagnostic("debug", "secret values"),
      diagnostic("error", "  "),
      diagnostic("info", "<{%reset%}>"),
    );
    assert.deepEqual([log.errors, log.warnings, lines], [["broken"], ["careful"], ["one", "three"]]);
  });

  it("note that the engine received a signal", () => {
    const said = (message: string) => gather({ stdoutEvent: { message } }).log.interrupted;
    assert.equal(said("^C received; cancelling. If you would like to terminate immediately…"), true);
    assert.equal(said("Previewing update"), false);
  });

  it("name the object of a violation, unless the policy is about the stack", () => {
    const violation = (enforcementLevel: string, resourceUrn?: string): EngineEvent => ({
      policyEvent: {
        message: "<{%fg 1%}>no<{%reset%}>",
        policyName: "p",
        enforcementLevel,
        ...(resourceUrn !== undefined && { resourceUrn }),
      },
    });
    const { log } = gather(
      violation("mandatory", urnOf(SERVICE, "a")),
      violation("advisory", urnOf(STACK, "edge")),
      violation("advisory"),
    );
    assert.deepEqual(
      log.violations.map(({ policy, mandatory, message }) => [policy, mandatory, message]),
      [
        ["p", true, "no"],
        ["p", false, "no"],
        ["p", false, "no"],
      ],
    );
    assert.match(log.violations[0]?.object ?? "", /a$/);
    assert.deepEqual(
      log.violations.slice(1).map((each) => "object" in each),
      [false, false],
    );
  });

  it("say once why a run failed: errors, mandatory policies and an interrupt", () => {
    const violation = (mandatory: boolean, message: string) => ({ policy: "p", mandatory, message });
    const log: EventLog = {
      ...gather().log,
      errors: ["boom", "preview failed", "boom", "update failed"],
      violations: [violation(true, "no"), violation(false, "hint")],
      interrupted: true,
    };
    const reasons = reasonsOf("preview", log);
    assert.equal(reasons.length, 4, reasons.join("\n"));
    assert.deepEqual([reasons[0], reasons[1], reasons[3]], ["boom", "update failed", "It was interrupted."]);
    assert.match(reasons[2] ?? "", /^policy p.*no/);
    assert.deepEqual(reasonsOf("preview", { ...log, errors: [], violations: [], interrupted: false }), []);
  });
});

describe("Ctrl-C during a run", () => {
  it("is forwarded to the CLI after a second, unless the CLI has received it", async () => {
    const terminal = new AbortController();
    const toCli = interruption(terminal.signal, () => false);
    const informed = interruption(terminal.signal, () => true);
    const began = performance.now();
    const forwarded = new Promise<void>((resolve) => {
      toCli.addEventListener("abort", () => {
        resolve();
      });
    });
    await setTimeout(50);
    assert.equal(toCli.aborted, false);
    terminal.abort();
    await forwarded;
    assert.ok(performance.now() - began >= 1_000);
    await setTimeout(50);
    assert.equal(informed.aborted, false);
  });

  it("before the run starts nothing", () => {
    assert.throws(() => interruption(AbortSignal.abort(), () => false), { name: "AbortError" });
  });
});
