import assert from "node:assert/strict";
import type { Evidence } from "../../../staging/evidence.ts";
import type { Move } from "../../../staging/move-schema.ts";
import { evidenceValue } from "../../../staging/evidence-output.ts";
import { NO_DIRECTIVES } from "../../../staging/directives.ts";
import { renderHistory } from "../../../tools/cli/history.ts";
import { historyOf } from "../../../tools/rollout/history.ts";
import type { PastUpdate } from "../../../tools/rollout/stack.ts";
import { outputsOf, verification } from "../../support/evidence.ts";

const MOVE: Move = {
  release: "r2",
  from: "r1",
  movement: "forward",
  outcome: "verified",
  began: "2026-01-31T12:00:00.900Z",
  ended: "2026-01-31T12:06:00.000Z",
  allowed: ["edge verified it at 2026-01-31T11:00:00Z after 300 s of soak"],
  startedBy: { who: "alice", run: "https://ci.example.com/1" },
  notified: [{ channel: "webhook", outcome: "failed", message: "returned 500" }],
};
const update = (start: string, minutes: number, result = "succeeded", kind = "update"): PastUpdate => ({
  kind,
  result,
  start: new Date(start),
  end: new Date(Date.parse(start) + minutes * 60_000),
});

function outputs(...moves: Move[]): Record<string, unknown> {
  const before = outputsOf("r2", [verification("r2")]);
  return { ...before, __evidence: { ...(evidenceValue(before) as Evidence), moves } };
}

describe("history of a stack", () => {
  const sources = { stack: "main", directives: NO_DIRECTIVES };

  it("joins the backend's updates with what the evidence says about them, latest first", () => {
    const entries = historyOf({
      ...sources,
      updates: [update("2026-01-31T13:00:00Z", 1, "failed"), update("2026-01-31T12:00:01Z", 6)],
      outputs: outputs(MOVE),
    });
    assert.deepEqual(entries, [
      { time: "2026-01-31T13:00:00.000Z", what: "update", result: "failed", why: [] },
      {
        time: "2026-01-31T12:00:01.000Z",
        what: "update",
        result: "verified",
        release: "r2",
        from: "r1",
        movement: "forward",
        why: MOVE.allowed,
        by: "alice",
        run: "https://ci.example.com/1",
        notified: MOVE.notified,
      },
    ]);
  });

  it("does not credit a move to another update, or to a destroy; a move that the backend has forgotten stays", () => {
    const updates = [
      update("2026-01-31T12:00:00Z", 6, "succeeded", "destroy"),
      update("2026-01-31T11:00:00Z", 6),
    ];
    const entries = historyOf({ ...sources, updates, outputs: outputs(MOVE) });
    assert.deepEqual(
      entries.map(({ time, what, release }) => [time, what, release]),
      [
        ["2026-01-31T12:00:00.900Z", "update", "r2"],
        ["2026-01-31T12:00:00.000Z", "destroy", undefined],
        ["2026-01-31T11:00:00.000Z", "update", undefined],
      ],
    );
  });

  it("includes holds and revocations, and is empty for a new stack", () => {
    const entries = [
      {
        kind: "revoke",
        time: "2026-01-31T14:00:00Z",
        by: "bob@desk",
        reason: "it leaks memory",
        release: "r2",
      },
      {
        kind: "hold",
        time: "2026-01-31T13:00:00Z",
        by: "bob@desk",
        reason: "holidays",
        until: "2026-02-02T00:00:00Z",
      },
    ];
    const found = historyOf({ stack: "main", updates: [], outputs: {}, directives: { version: 1, entries } });
    assert.deepEqual(
      found.map(({ what, release, why, by }) => [what, release, why, by]),
      [
        ["revoke", "r2", ["it leaks memory"], "bob@desk"],
        ["hold", undefined, ["until 2026-02-02T00:00:00Z: holidays"], "bob@desk"],
      ],
    );
    assert.equal(renderHistory([], false), "Nothing has run yet.");
  });

  it("is a table with who started each update, why it was allowed, and lost notifications", () => {
    const updates = [update("2026-01-31T13:00:00Z", 1, "failed"), update("2026-01-31T12:00:00Z", 6)];
    const entries = historyOf({ ...sources, updates, outputs: outputs(MOVE) });
    assert.deepEqual(renderHistory(entries, false).split("\n"), [
      "TIME (UTC)        WHAT    RESULT    RELEASE  WHY",
      "2026-01-31 13:00  update  FAILED    -        -",
      "2026-01-31 12:00  update  verified  r2       edge verified it at 2026-01-31T11:00:00Z after 300 s of soak; by alice (https://ci.example.com/1); webhook not notified: returned 500",
    ]);
    for (const line of renderHistory(entries, true).split("\n")) assert.ok(line.length <= 80, line);
  });
});
