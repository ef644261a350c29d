import type { Plan } from "./action.ts";
import { planFleet } from "./plan.ts";
import { runPlan } from "./run.ts";
import { shrink } from "./shrink.ts";

/** Options for a simulation. */
export interface SimulationArgs {
  /** Number of steps, in all fleets together. */
  readonly steps: number;
  /** Decides the random fleets: the same seed gives the same fleets. */
  readonly seed: number;
  /** Number of fleets among which the steps are divided. */
  readonly fleets: number;
  /** Whether to reduce a counterexample, and print the events that led to it. */
  readonly isTraced: boolean;
  /** Ends the simulation after the current fleet. */
  readonly signal: AbortSignal;
}

/** Whether the promise was kept, and what to print. */
export interface SimulationResult {
  readonly isKept: boolean;
  readonly text: string;
}

/** The smallest number of steps in a fleet: enough for a release to reach the last stack. */
const LEAST_STEPS = 50;

/** Runs random fleets until the promise is broken, or all steps are done. */
export async function simulate({
  steps,
  seed,
  fleets,
  isTraced,
  signal,
}: SimulationArgs): Promise<SimulationResult> {
  const perFleet = Math.max(LEAST_STEPS, Math.ceil(steps / fleets));
  let done = 0;
  let passed = 0;
  let several = 0;
  let fleet = 0;
  for (; done < steps && !signal.aborted; fleet++) {
    const plan = planFleet({ seed, fleet, steps: Math.min(perFleet, steps - done) });
    const result = await runPlan(plan);
    done += result.steps;
    passed += result.passed;
    several += result.passedSeveral;
    if (result.found === undefined) continue;
    const head = `Broken at step ${done} (seed ${seed}, fleet ${fleet + 1}): ${result.found}`;
    if (!isTraced) return { isKept: false, text: head };
    return { isKept: false, text: `${head}\n${await tracedText(plan, result.found)}` };
  }
  return {
    isKept: true,
    text: `Kept: ${done} steps in ${fleet} fleets, in which ${passed} updates passed the gate of an upstream stack, ${several} of them of several.`,
  };
}

/** The events that lead to a counterexample, reduced to the necessary ones. */
async function tracedText(plan: Plan, found: string): Promise<string> {
  const small = await shrink(plan, found);
  const { found: again = found, trace } = await runPlan(small);
  const stacks = small.stacks.map((stack) => JSON.stringify(stack));
  return ["", "The fleet:", ...stacks, "", "What happened:", ...trace, "", again].join("\n");
}
