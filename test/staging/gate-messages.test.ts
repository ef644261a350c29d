import assert from "node:assert/strict";
import type { Finding } from "../../kube/client.ts";
import type { Evidence, OverrideRecord } from "../../staging/evidence.ts";
import { checkGate, type GateArgs, type GateResult } from "../../staging/gate.ts";
import { outputsOf, revocation, verification } from "../support/evidence.ts";
import { gateOfMain } from "../support/gate.ts";
import { CLUSTER_UID, FakeClock } from "../support/scripted-cluster.ts";

const DAY = 24 * 3_600_000;

describe("the gate's messages", () => {
  const clock = new FakeClock();
  const at = (ms: number): string => new Date(clock.now() + ms).toISOString();

  /** The gate of main for r2, of a stack edge with these outputs. */
  function gate(outputs: Record<string, unknown>, more: Partial<GateArgs> = {}): Promise<GateResult> {
    const { evidence } = outputs as { evidence?: Evidence };
    const here = { context: "edge", uid: CLUSTER_UID };
    const reading = {
      state: "read" as const,
      outputs: { ...outputs, ...(evidence !== undefined && { evidence: { ...evidence, cluster: here } }) },
    };
    return checkGate(gateOfMain(clock, () => Promise.resolve(reading), more));
  }
  const verified = () => outputsOf("r2", [verification("r2", { time: at(-1_000) })]);
  const first = async (result: Promise<GateResult>): Promise<Finding> => (await result).findings[0]!;
  const override = (ms: number): OverrideRecord => ({ reason: "edge is being rebuilt", expires: at(ms) });

  it("say of an upstream stack without any verified release how many failed", async () => {
    const never = await first(gate(outputsOf("r1", [])));
    assert.match(
      never.message,
      /^Stack edge has not verified release r2; it has not verified any release yet\.$/,
    );
    const failed = await first(gate(outputsOf("r1", [], [revocation("r1"), revocation("r0")])));
    assert.match(failed.message, /it has not verified any release yet; 2 failed\.$/);
  });

  it("say how to go on after a failed verification", async () => {
    const { severity, hint } = await first(gate(outputsOf("r2", [], [revocation("r2")])));
    assert.deepEqual([severity, hint], ["error", "Fix it, then run: pulumi up --stack edge"]);
  });

  it("take an output that is no text for no release", async () => {
    const { findings } = await gate({ ...verified(), release: 7 });
    assert.match(
      findings.map(({ message }) => message).join("\n"),
      /but now runs no release|now runs no release/,
    );
  });

  it("warn of an override that has expired, to the millisecond", async () => {
    const result = await gate(outputsOf("r1", []), { override: override(0) });
    const { severity, message, hint } = result.findings[0]!;
    assert.equal(severity, "warning");
    assert.match(message, /expired at .* and has no effect/);
    assert.match(
      hint ?? "",
      /^Remove edgefirst:override, or set a new one with a reason and a later expiry\.$/,
    );
    assert.equal(result.override, undefined);
    assert.equal(result.findings[1]?.severity, "error");
  });

  it("accept an override of exactly 30 days, and refuse a longer one", async () => {
    const longest = await gate(outputsOf("r1", []), { override: override(30 * DAY) });
    assert.deepEqual(
      longest.findings.map(({ severity }) => severity),
      ["warning", "warning"],
    );
    assert.match(
      longest.findings[0]!.hint ?? "",
      /evidence records the override\. Remove edgefirst:override/,
    );
    assert.match(longest.findings[1]!.message, /^Overridden: Stack edge has not verified/);
    assert.deepEqual(longest.override, override(30 * DAY));
    const longer = await gate(verified(), { override: override(30 * DAY + 1) });
    assert.equal(longer.findings[0]?.severity, "error");
    assert.match(
      longer.findings[0].hint ?? "",
      /^Set an expiry within the next 30 days\. Overrides are for emergencies/,
    );
    assert.equal(longer.override, undefined);
  });
});
