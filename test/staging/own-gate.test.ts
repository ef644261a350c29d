import assert from "node:assert/strict";
import type { Directive } from "../../staging/directives.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { judgeOwnStack, type OwnGateArgs } from "../../staging/own-gate.ts";
import type { OutputsReading } from "../../staging/stack-outputs.ts";
import { outputsOf, verification } from "../support/evidence.ts";
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
    const { findings } = await judge(directives, more);
    return findings.map(({ message }) => message);
  }

  function judge(
    directives: Readonly<Record<string, Directive>>,
    more: Partial<OwnGateArgs>,
  ): ReturnType<typeof judgeOwnStack> {
    return judgeOwnStack({
      stack: "main",
      after: ["edge", "lab"],
      own: undefined,
      current: "r1",
      release: "r2",
      manifests: {},
      windows: [],
      clock: new FakeClock(),
      readOutputs: () => Promise.resolve(NONE),
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

  it("is a revocation anywhere upstream, as the evidence of the stacks in between names it; not a hold", async () => {
    const chain: Readonly<Record<string, readonly string[] | undefined>> = {
      edge: ["canary", "older"],
      canary: ["main", "first", "new"],
      first: ["canary"],
      older: undefined,
    };
    const more: Partial<OwnGateArgs> = {
      readOutputs: (stack) => {
        if (stack === "new") return Promise.resolve({ state: "read", outputs: {} });
        if (!(stack in chain)) return Promise.resolve({ ...NONE, state: "unreadable" });
        const { evidence } = outputsOf("r2", [verification("r2")]) as { evidence: object };
        const after = chain[stack];
        return Promise.resolve({ state: "read", outputs: { evidence: { ...evidence, after } } });
      },
    };
    const revoked: Directive = { ...GIVEN, kind: "revoke", release: "r2" };
    for (const stack of ["canary", "first", "older", "new"]) {
      const found = await refusals({ [stack]: revoked }, more);
      assert.equal(found.length, 1, stack);
      assert.match(found[0]!, new RegExp(`^Release r2 was revoked on stack ${stack} by alice`));
      assert.equal((await refusals({ [stack]: revoked }, { ...more, current: "r2" })).length, 1);
      assert.deepEqual(await refusals({ [stack]: { ...revoked, release: "r1" } }, more), []);
      assert.deepEqual(await refusals({ [stack]: HOLD }, more), []);
    }
    assert.equal((await refusals({ main: revoked, edge: revoked }, more)).length, 2, "each stack only once");
    assert.equal((await refusals({ main: HOLD, edge: HOLD }, more)).length, 2);
    assert.deepEqual(await refusals({ canary: revoked }), []);
  });

  it("is a revocation on a stack that the evidence of a direct upstream stack names as further upstream, without reading what is in between", async () => {
    const chain: Readonly<Record<string, Pick<Evidence, "after" | "further">>> = {
      edge: { after: ["canary"], further: ["first", "main"] },
      lab: { after: ["bench"] },
      bench: { after: [], further: [] },
    };
    const read: string[] = [];
    const more: Partial<OwnGateArgs> = {
      readOutputs: (stack) => {
        read.push(stack);
        const { evidence } = outputsOf("r2", [verification("r2")]) as { evidence: object };
        return Promise.resolve({
          state: "read",
          outputs: { evidence: { ...evidence, ...chain[stack] } },
        });
      },
    };
    const revoked: Directive = { ...GIVEN, kind: "revoke", release: "r2" };
    for (const stack of ["canary", "first", "bench"])
      assert.match((await refusals({ [stack]: revoked }, more)).join(), new RegExp(`on stack ${stack} by`));
    assert.deepEqual(new Set(read), new Set(["edge", "lab", "bench"]));
    assert.deepEqual((await judge({}, more)).further, ["canary", "first", "bench"]);
  });

  it("is not known for certain if a stack in between has no evidence that names its upstream stacks", async () => {
    const of = (evidence: object | undefined): Promise<readonly string[] | undefined> => {
      const { evidence: known } = outputsOf("r2", [verification("r2")]) as { evidence: object };
      const outputs = evidence === undefined ? {} : { evidence: { ...known, ...evidence } };
      const readOutputs = (): Promise<OutputsReading> => Promise.resolve({ state: "read", outputs });
      return judge({}, { after: ["edge"], readOutputs }).then(({ further }) => further);
    };
    assert.deepEqual(await of({ after: [], further: [] }), []);
    assert.equal(await of({}), undefined);
    assert.equal(await of(undefined), undefined);
    assert.equal((await judge({}, {})).further, undefined);
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
