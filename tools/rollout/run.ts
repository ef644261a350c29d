import { eachAtMost } from "../../lib/each-at-most.ts";
import { messageOf } from "../../lib/errors.ts";
import { isInconclusive } from "../../staging/inconclusive.ts";
import { type EngineSummary } from "./summary.ts";

/** Works on one stack; the rollout decides the order. Each call rejects if it fails, and soon after an abort. */
export interface Runner {
  /** Whether the stack has already verified this release and its last update succeeded; called if a preview found no change. */
  isDone(stack: string, summary: EngineSummary, signal: AbortSignal): Promise<boolean>;
  preview(stack: string, report: (text: string) => void, signal: AbortSignal): Promise<EngineSummary>;
  approve(stack: string, summary: EngineSummary, signal: AbortSignal): Promise<boolean>;
  /** Brings the stack up and verifies it. Resolves to a one-line summary. */
  up(stack: string, report: (text: string) => void, signal: AbortSignal): Promise<string>;
}

/** The outcome of a stack. */
export type Outcome =
  | { readonly state: "updated"; readonly message: string }
  | { readonly state: "previewed" }
  /** By an earlier rollout of this release. */
  | { readonly state: "done-before" }
  | { readonly state: "failed"; readonly message: string }
  /** It is unknown whether the stack is healthy; nothing is proven or revoked. */
  | { readonly state: "inconclusive"; readonly message: string }
  | { readonly state: "declined" }
  /** Stopped by the caller's signal while in progress. */
  | { readonly state: "cancelled" }
  | { readonly state: "not-started"; readonly message: string };

/** The events of a rollout, in order. */
export type RolloutEvent =
  | {
      readonly type: "wave";
      /** From 1. */
      readonly wave: number;
      readonly of: number;
      readonly stacks: readonly string[];
    }
  | { readonly type: "phase"; readonly stack: string; readonly phase: "preview" | "approval" | "update" }
  | { readonly type: "progress"; readonly stack: string; readonly text: string }
  /** Progress that stays on the screen, for runners that do more than update. */
  | { readonly type: "note"; readonly stack: string; readonly text: string }
  | { readonly type: "summary"; readonly stack: string; readonly summary: EngineSummary }
  | { readonly type: "outcome"; readonly stack: string; readonly outcome: Outcome };

/** Arguments of {@link runRollout}. */
export interface RolloutArgs {
  /** From {@link planWaves}. */
  readonly waves: readonly (readonly string[])[];
  readonly runner: Runner;
  /** How many stacks to preview, or update, at the same time. */
  readonly parallel: number;
  /** Preview every stack, and change nothing. */
  readonly dryRun: boolean;
  /** Skip stacks that are already done. */
  readonly resume: boolean;
  readonly onEvent: (event: RolloutEvent) => void;
  readonly signal: AbortSignal;
}

/** Outcome of each stack, in the order of the waves. */
export type RolloutResult = ReadonlyMap<string, Outcome>;

/**
 * Rolls out wave by wave: first the previews of a wave, then approvals one by one, then updates. A stack that fails or is declined stops
 * the following waves; the others in its wave continue. In a dry run, no failure stops the following waves. The promise does not reject
 * when a stack fails.
 */
export async function runRollout(args: RolloutArgs): Promise<RolloutResult> {
  const { waves, dryRun, onEvent, signal } = args;
  const outcomes = new Map<string, Outcome>();
  const settle = (stack: string, outcome: Outcome): void => {
    outcomes.set(stack, outcome);
    onEvent({ type: "outcome", stack, outcome });
  };
  for (const [index, stacks] of waves.entries()) {
    const stopped = signal.aborted ? "interrupted" : dryRun ? undefined : stoppedBy(outcomes);
    if (stopped === undefined) {
      onEvent({ type: "wave", wave: index + 1, of: waves.length, stacks });
      await runWave(stacks, args, settle);
    } else for (const stack of stacks) settle(stack, { state: "not-started", message: stopped });
  }
  return outcomes;
}

/** Whether every stack succeeded. */
export function succeeded(result: RolloutResult): boolean {
  return [...result.values()].every(({ state }) => GOOD.has(state));
}

/** Whether no stack failed, but the result of at least one is unknown. */
export function isUnknown(result: RolloutResult): boolean {
  const bad = [...result.values()].filter(({ state }) => !GOOD.has(state) && state !== "not-started");
  return bad.length > 0 && bad.every(({ state }) => state === "inconclusive");
}

const GOOD: ReadonlySet<Outcome["state"]> = new Set(["updated", "previewed", "done-before"]);

function stoppedBy(outcomes: RolloutResult): string | undefined {
  const bad = [...outcomes].filter(([, { state }]) => !GOOD.has(state));
  const [first] = bad.filter(([, { state }]) => state !== "not-started");
  return first === undefined ? undefined : `${first[0]} ${first[1].state}`;
}

/** Runs one phase of a stack. Resolves to whether the stack continues; a failure or an abort becomes its outcome. */
type Attempt = (stack: string, work: () => Promise<Outcome | undefined>) => Promise<boolean>;

async function runWave(
  stacks: readonly string[],
  args: RolloutArgs,
  settle: (stack: string, outcome: Outcome) => void,
): Promise<void> {
  const { runner, parallel, onEvent, signal } = args;
  const attempt: Attempt = async (stack, work) => {
    const outcome: Outcome | undefined = signal.aborted
      ? { state: "not-started", message: "interrupted" }
      : await work().catch((error: unknown) => (signal.aborted ? { state: "cancelled" } : failureOf(error)));
    if (outcome !== undefined) settle(stack, outcome);
    return outcome === undefined;
  };
  const summaries = await previewAll(stacks, args, attempt);
  const approved: string[] = [];
  // One at a time, so that nothing overwrites the prompt.
  for (const [stack, summary] of summaries) {
    const goesOn = await attempt(stack, async () => {
      onEvent({ type: "phase", stack, phase: "approval" });
      return (await runner.approve(stack, summary, signal)) ? undefined : { state: "declined" };
    });
    if (goesOn) approved.push(stack);
  }
  await eachAtMost(parallel, approved, async (stack) => {
    await attempt(stack, async () => {
      onEvent({ type: "phase", stack, phase: "update" });
      return { state: "updated", message: await runner.up(stack, reporter(stack, onEvent), signal) };
    });
  });
}

/** Summaries of the stacks to update. */
async function previewAll(
  stacks: readonly string[],
  { runner, parallel, dryRun, resume, onEvent, signal }: RolloutArgs,
  attempt: Attempt,
): Promise<Map<string, EngineSummary>> {
  const summaries = new Map<string, EngineSummary>();
  await eachAtMost(parallel, stacks, async (stack) => {
    await attempt(stack, async () => {
      onEvent({ type: "phase", stack, phase: "preview" });
      const summary = await runner.preview(stack, reporter(stack, onEvent), signal);
      onEvent({ type: "summary", stack, summary });
      const unchanged = summary.changes.length === 0;
      if (resume && unchanged && (await runner.isDone(stack, summary, signal)))
        return { state: "done-before" };
      if (dryRun) return { state: "previewed" };
      summaries.set(stack, summary);
      return undefined;
    });
  });
  // In the order of the wave, not in the order in which the previews finished.
  return new Map(
    stacks.flatMap((stack) => {
      const summary = summaries.get(stack);
      return summary === undefined ? [] : [[stack, summary] as const];
    }),
  );
}

function reporter(stack: string, onEvent: RolloutArgs["onEvent"]): (text: string) => void {
  return (text) => {
    onEvent({ type: "progress", stack, text });
  };
}

function failureOf(error: unknown): Outcome {
  const message = messageOf(error);
  return { state: isInconclusive(message) ? "inconclusive" : "failed", message };
}
