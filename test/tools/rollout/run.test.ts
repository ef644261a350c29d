import assert from "node:assert/strict";
import fc from "fast-check";
import { planWaves } from "../../../tools/rollout/plan.ts";
import {
  isUnknown,
  runRollout,
  succeeded,
  type RolloutArgs,
  type RolloutEvent,
  type RolloutResult,
  type Runner,
} from "../../../tools/rollout/run.ts";
import { type EngineSummary } from "../../../tools/rollout/summary.ts";
import { acyclicStacks } from "../../support/stacks.ts";

const CHANGED: EngineSummary = {
  changes: [{ kind: "create", object: "Namespace network", properties: [] }],
  unchanged: 0,
  warnings: [],
  violations: [],
  outputs: {},
};
const UNCHANGED = { ...CHANGED, changes: [], unchanged: 1 };

/** A runner that records its calls. */
class Recorder implements Runner {
  readonly log: string[] = [];
  readonly ended = new Set<string>();
  running = 0;
  most = 0;
  readonly #behaviour: Partial<Runner>;

  constructor(behaviour: Partial<Runner> = {}) {
    this.#behaviour = behaviour;
  }
  isDone(...args: Parameters<Runner["isDone"]>): Promise<boolean> {
    return this.#behaviour.isDone?.(...args) ?? Promise.resolve(false);
  }
  preview(...args: Parameters<Runner["preview"]>): Promise<EngineSummary> {
    return this.#count(`preview ${args[0]}`, () => this.#behaviour.preview?.(...args) ?? CHANGED);
  }
  approve(...args: Parameters<Runner["approve"]>): Promise<boolean> {
    return this.#count(`approve ${args[0]}`, () => this.#behaviour.approve?.(...args) ?? true);
  }
  up(...args: Parameters<Runner["up"]>): Promise<string> {
    return this.#count(`up ${args[0]}`, () => this.#behaviour.up?.(...args) ?? "done");
  }
  async #count<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    this.log.push(what);
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    try {
      // One turn of the event loop lets everything that may start do so.
      await new Promise(setImmediate);
      return await work();
    } finally {
      this.running -= 1;
      this.ended.add(what);
    }
  }
}

async function roll(
  waves: readonly (readonly string[])[],
  runner: Runner,
  options: Partial<RolloutArgs> = {},
): Promise<{ result: RolloutResult; events: RolloutEvent[]; states: Record<string, string> }> {
  const events: RolloutEvent[] = [];
  const result = await runRollout({
    waves,
    runner,
    parallel: 4,
    dryRun: false,
    resume: false,
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
    ...options,
  });
  const states = Object.fromEntries([...result].map(([stack, { state }]) => [stack, state]));
  return { result, events, states };
}

const fails = (...stacks: string[]) => ({
  up: (stack: string) =>
    stacks.includes(stack) ? Promise.reject(new Error(`${stack} broke`)) : Promise.resolve("done"),
});
const hangs = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(new Error("aborted"));
    });
  });

describe("a rollout's run", () => {
  it("previews, confirms and updates 30 stacks in any graph: never before an upstream stack, never above the limit", async () => {
    await fc.assert(
      fc.asyncProperty(acyclicStacks(30), fc.integer({ min: 1, max: 8 }), async (stacks, parallel) => {
        const after = new Map(stacks.map((node) => [node.name, node.after]));
        const runner: Recorder = new Recorder({
          preview: (stack) => {
            for (const before of after.get(stack)!) assert.ok(runner.ended.has(`up ${before}`));
            return Promise.resolve(CHANGED);
          },
        });
        const waves = planWaves(stacks);
        const { result } = await roll(waves, runner, { parallel });
        assert.ok(succeeded(result));
        assert.equal(runner.log.filter((line) => line.startsWith("up ")).length, stacks.length);
        assert.equal(runner.most, Math.min(parallel, Math.max(...waves.map((wave) => wave.length))));
      }),
      { numRuns: 50 },
    );
  });

  it("brings 30 independent stacks up in parallel, up to the limit", async () => {
    const wave = Array.from({ length: 30 }, (_, index) => `s${index}`);
    const runner = new Recorder();
    const { result } = await roll([wave], runner, { parallel: 7 });
    assert.ok(succeeded(result));
    assert.equal(runner.most, 7);
  });

  it("on failures in any graph: siblings finish, no later wave starts, and every stack has an outcome", async () => {
    await fc.assert(
      fc.asyncProperty(acyclicStacks(30), fc.infiniteStream(fc.boolean()), async (stacks, coin) => {
        const broken = stacks.filter(() => coin.next().value).map(({ name }) => name);
        const waves = planWaves(stacks);
        const { states, result } = await roll(waves, new Recorder(fails(...broken)));
        const firstBad = waves.findIndex((wave) => wave.some((name) => broken.includes(name)));
        for (const [index, wave] of waves.entries())
          for (const name of wave) {
            const later = firstBad !== -1 && index > firstBad;
            assert.equal(states[name], later ? "not-started" : broken.includes(name) ? "failed" : "updated");
          }
        assert.equal(succeeded(result), firstBad === -1);
      }),
      { numRuns: 50 },
    );
  });

  it("reports which stack stopped the others, and why it failed", async () => {
    const { result } = await roll([["edge"], ["main"]], new Recorder(fails("edge")));
    assert.deepEqual(result.get("edge"), { state: "failed", message: "edge broke" });
    assert.deepEqual(result.get("main"), { state: "not-started", message: "edge failed" });
  });

  it("asks to confirm a wave's stacks one by one, after all previews and before any update", async () => {
    const runner = new Recorder();
    await roll([["a", "b"]], runner);
    assert.deepEqual(runner.log, ["preview a", "preview b", "approve a", "approve b", "up a", "up b"]);
  });

  it("distinguishes an unknown result from a failure", async () => {
    const ends = (...messages: string[]) =>
      roll(
        [messages.map((_, index) => `s${index}`), ["last"]],
        new Recorder({
          up: (stack) => Promise.reject(new Error(messages[Number(stack.slice(1))])),
        }),
      );
    const unknown = "The update of stack s0 failed:\nInconclusive: the verification has no result";
    const { result } = await ends(unknown);
    assert.deepEqual(result.get("s0"), { state: "inconclusive", message: unknown });
    assert.deepEqual([succeeded(result), isUnknown(result)], [false, true]);
    assert.equal(result.get("last")?.state, "not-started");
    assert.equal(isUnknown((await ends(unknown, "broken")).result), false);
    const refused = "Nothing was changed: one thing stands in the way.\n- Inconclusive: cannot check";
    assert.equal(isUnknown((await ends(refused)).result), true);
    const both = `${refused}\n- Stack lab is on hold until tomorrow\n  Inconclusive: is only quoted here`;
    assert.equal(isUnknown((await ends(both)).result), false);
    const failing = `${unknown}\n- flux: Kustomization flux-system/app: not ready`;
    assert.equal(isUnknown((await ends(failing)).result), true);
  });

  it("does not update a declined stack, and stops there", async () => {
    const runner = new Recorder({ approve: (stack) => Promise.resolve(stack !== "a") });
    const { states, result } = await roll([["a", "b"], ["c"]], runner);
    assert.deepEqual(states, { a: "declined", b: "updated", c: "not-started" });
    assert.ok(!succeeded(result));
  });

  it("drops only the stack whose preview failed from the wave", async () => {
    const runner = new Recorder({
      preview: (stack) => (stack === "a" ? Promise.reject(new Error("no")) : Promise.resolve(CHANGED)),
    });
    assert.deepEqual((await roll([["a", "b"], ["c"]], runner)).states, {
      a: "failed",
      b: "updated",
      c: "not-started",
    });
  });

  it("previews every stack in a dry run, even after a failure, and neither asks nor updates", async () => {
    const runner = new Recorder({
      preview: (stack) => (stack === "a" ? Promise.reject(new Error("no")) : Promise.resolve(CHANGED)),
    });
    const { states, result } = await roll([["a"], ["b"]], runner, { dryRun: true });
    assert.deepEqual(states, { a: "failed", b: "previewed" });
    assert.deepEqual(runner.log, ["preview a", "preview b"]);
    assert.ok(!succeeded(result));
  });

  it("skips only verified and unchanged stacks when it resumes", async () => {
    const runner = new Recorder({
      isDone: (stack) => Promise.resolve(stack !== "b"),
      preview: (stack) => Promise.resolve(stack === "c" ? CHANGED : UNCHANGED),
    });
    const waves = [["a"], ["b"], ["c"]];
    assert.deepEqual((await roll(waves, runner, { resume: true })).states, {
      a: "done-before",
      b: "updated",
      c: "updated",
    });
    assert.deepEqual((await roll(waves, runner)).states, { a: "updated", b: "updated", c: "updated" });
  });

  it("cancels what is in progress and starts nothing else after an interrupt", async () => {
    const controller = new AbortController();
    const runner = new Recorder({
      up: (stack, _, signal) => {
        if (stack === "a") return Promise.resolve("done");
        setImmediate(() => {
          controller.abort();
        });
        return hangs(signal);
      },
    });
    const { states } = await roll([["a", "b", "c"], ["d"]], runner, {
      parallel: 2,
      signal: controller.signal,
    });
    assert.deepEqual(states, { a: "updated", b: "cancelled", c: states.c, d: "not-started" });
    assert.ok(["cancelled", "not-started"].includes(states.c!));
    assert.equal(runner.running, 0);
  });

  it("reports every step as an event", async () => {
    const runner = new Recorder({
      up: (_, report) => {
        report("1 done");
        return Promise.resolve("fine");
      },
    });
    const { events } = await roll([["edge"]], runner);
    assert.deepEqual(events, [
      { type: "wave", wave: 1, of: 1, stacks: ["edge"] },
      { type: "phase", stack: "edge", phase: "preview" },
      { type: "summary", stack: "edge", summary: CHANGED },
      { type: "phase", stack: "edge", phase: "approval" },
      { type: "phase", stack: "edge", phase: "update" },
      { type: "progress", stack: "edge", text: "1 done" },
      { type: "outcome", stack: "edge", outcome: { state: "updated", message: "fine" } },
    ]);
  });
});
