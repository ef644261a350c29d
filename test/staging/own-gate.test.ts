import assert from "node:assert/strict";
import type { Directive } from "../../staging/directives.ts";
import { judgeOwnStack, type OwnGateArgs } from "../../staging/own-gate.ts";
import type { OutputsReading } from "../../staging/stack-outputs.ts";
import { FakeClock } from "../support/scripted-cluster.ts";

/** The clock starts on Saturday, 31 January 2026, at 12:00 UTC. */
const CLOSED = { days: ["mon"], from: "09:00", to: "17:00", zone: "UTC" } as const;
const GIVEN = { time: "2026-01-31T11:00:00Z", by: "alice", reason: "the disk is replaced" };
const HOLD: Directive = { ...GIVEN, kind: "hold", until: "2026-01-31T18:00:00Z" };
const NONE: OutputsReading = { state: "unknown", message: "none" };

describe("what holds a stack back whatever edge has proven", () => {
  async function refusals(
    directives: Readonly<Record<string, Directive>>,
    more: Partial<OwnGateArgs> = {},
  ): Promise<string[]> {
    const findings = await judgeOwnStack({
      stack: "main",
      after: ["edge", "lab"],
      own: undefined,
      current: "r1",
      release: "r2",
      manifests: {},
      windows: [],
      clock: new FakeClock(),
      readDirectives: (stack) => {
        const entry = directives[stack];
        if (entry === undefined) return Promise.resolve(NONE);
        return Promise.resolve({
          state: "read",
          outputs: { directives: { version: 1, entries: [entry] } },
        });
      },
      ...more,
    });
    return findings.map(({ message }) => message);
  }

  it("is a hold or a revocation of the stack itself, or of any upstream stack", async () => {
    assert.deepEqual(await refusals({}), []);
    assert.deepEqual(await refusals({ other: HOLD }), []);
    for (const stack of ["main", "edge", "lab"])
      assert.match(
        (await refusals({ [stack]: HOLD })).join(),
        new RegExp(`^Stack ${stack} is on hold until`),
      );
    const revoked = await refusals({ main: { ...GIVEN, kind: "revoke", release: "r2" }, lab: HOLD });
    assert.equal(revoked.length, 2);
  });

  it("is a closed window", async () => {
    assert.match(
      (await refusals({}, { windows: [CLOSED] })).join(),
      /^Stack main may move forward only in the windows/,
    );
    assert.deepEqual(await refusals({}, { windows: [{ ...CLOSED, days: ["sat"] }] }), []);
  });

  it("is neither for the release that the stack runs", async () => {
    assert.deepEqual(await refusals({ main: HOLD, edge: HOLD }, { windows: [CLOSED], current: "r2" }), []);
  });
});
