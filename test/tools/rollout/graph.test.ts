import assert from "node:assert/strict";
import type { Directives } from "../../../staging/directives.ts";
import { stackGraph } from "../../../tools/rollout/graph.ts";
import { fleetStatus, type StackSnapshot } from "../../../tools/rollout/status.ts";
import { outputsOf, revocation, verification } from "../../support/evidence.ts";

const STACKS = [
  { name: "edge", after: [] },
  { name: "main", after: ["edge"] },
  { name: 'odd"] end', after: ["edge"] },
];
const NOW = new Date("2026-01-31T15:00:00Z");
const HOLD: Directives = {
  version: 1,
  entries: [
    {
      kind: "hold",
      time: "2026-01-31T13:00:00Z",
      by: "bob",
      reason: "holidays",
      until: "2026-02-02T00:00:00Z",
    },
  ],
};

function graph(): string[] {
  const snapshot = (outputs: Record<string, unknown>, directives?: Directives): StackSnapshot => ({
    outputs,
    lastUpdate: undefined,
    directives,
  });
  const readings = new Map([
    ["edge", snapshot(outputsOf("r2", [verification("r2"), verification("r1")]), HOLD)],
    ["main", snapshot(outputsOf("r1", [verification("r1")]))],
    ['odd"] end', snapshot(outputsOf("r9", [], [revocation("r9")]))],
  ]);
  return stackGraph(STACKS, fleetStatus(STACKS, readings, NOW)).split("\n");
}

describe("graph of the stacks", () => {
  it("is a Mermaid flowchart of waves, what each stack has proven, and how far it is behind", () => {
    assert.deepEqual(
      graph().filter((line) => !line.includes("classDef")),
      [
        "```mermaid",
        "flowchart LR",
        '  subgraph wave1["wave 1"]',
        '    stack1["edge<br/>release r2<br/>verified 2026-01-31 12:00 UTC, soak 5m, on hold"]:::verified',
        "  end",
        '  subgraph wave2["wave 2"]',
        '    stack2["main<br/>release r1<br/>verified 2026-01-31 12:00 UTC, soak 5m"]:::verified',
        '    stack3["odd#34;#93; end<br/>release r9<br/>failed 2026-01-31 12:00 UTC"]:::revoked',
        "  end",
        "  stack1 -->|1 behind| stack2",
        "  stack1 -->|unproven| stack3",
        "```",
      ],
    );
  });

  it("defines a class for each state of a verification", () => {
    for (const name of ["verified", "revoked", "none"])
      assert.ok(
        graph().some((line) => line.startsWith(`  classDef ${name} fill:`)),
        name,
      );
  });
});
