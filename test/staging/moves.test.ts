import assert from "node:assert/strict";
import type { Evidence } from "../../staging/evidence.ts";
import type { Move } from "../../staging/move-schema.ts";
import type { GateResult } from "../../staging/gate.ts";
import { whyAllowed, withMove } from "../../staging/moves.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import { evidenceValue } from "../../staging/evidence-output.ts";

const evidence = evidenceValue(outputsOf("r2", [verification("r2"), verification("r1")])) as Evidence;
const ARGS = { own: evidence, current: "r2", manifests: {} };
const PASSED: GateResult = { findings: [], upstream: [], differences: [] };

describe("the history in the evidence", () => {
  it("says why the gate allowed a move", () => {
    const upstream = [
      {
        stack: "edge",
        evidence,
        record: verification("r3", { soak: 300 }),
        running: "r3",
        movement: "forward" as const,
      },
    ];
    assert.deepEqual(whyAllowed({ ...ARGS, release: "r3" }, { ...PASSED, upstream }), [
      "edge verified it at 2026-01-31T12:00:00Z after 300 s of soak",
    ]);
    assert.deepEqual(whyAllowed({ ...ARGS, release: "r2" }, PASSED), ["the stack already ran this release"]);
    assert.deepEqual(whyAllowed({ ...ARGS, release: "r1" }, PASSED), [
      "a move back: this stack verified it at 2026-01-31T12:00:00Z",
    ]);
    assert.deepEqual(whyAllowed({ ...ARGS, release: "r3" }, PASSED), [], "a stack without upstream stacks");
  });

  it("names an override and what it overrode", () => {
    const override = { reason: "edge is being rebuilt", expires: "2026-01-31T18:00:00Z" };
    const findings = [
      { severity: "warning", message: "The gate is overridden" },
      { severity: "warning", message: "Overridden: Stack edge is on hold\nWait." },
    ] as const;
    assert.deepEqual(whyAllowed({ ...ARGS, release: "r3" }, { ...PASSED, findings, override }), [
      "override until 2026-01-31T18:00:00Z: edge is being rebuilt",
      "Overridden: Stack edge is on hold",
    ]);
  });

  it("keeps the latest 30 updates", () => {
    const move = (index: number): Move => ({
      release: `r${index}`,
      movement: "forward",
      outcome: "verified",
      began: "2026-01-31T12:00:00Z",
      ended: "2026-01-31T12:05:00Z",
      allowed: [],
      startedBy: { who: "alice" },
      notified: [],
    });
    const all = Array.from({ length: 35 }, (_, index) => move(index)).reduce(withMove, evidence);
    assert.deepEqual(
      [all.moves?.length, all.moves?.[0]?.release, all.moves?.at(-1)?.release],
      [30, "r34", "r5"],
    );
  });
});
