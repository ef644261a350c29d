import type { Action, Plan } from "./action.ts";
import { Chances, featuresOf } from "./features.ts";
import { randomAction } from "./plan-action.ts";
import { randomConfig } from "./plan-config.ts";
import { WATCHED_APPS } from "./plan-events.ts";

/** Arguments of {@link planFleet}. */
export interface PlanArgs {
  readonly seed: number;
  /** The fleet's number; its features depend on those of the fleets before it. */
  readonly fleet: number;
  readonly steps: number;
}

/** A random fleet of 2 to 8 stacks, and the actions that happen to it. The same seed gives the same plan. */
export function planFleet({ seed, fleet, steps }: PlanArgs): Plan {
  const random = new Chances(seed * 100_003 + fleet, featuresOf(seed, fleet));
  const names = Array.from(
    { length: random.pick([2, 2, 2, 3, 3, 3, 4, 5, 8]) },
    (_, index) => `stack-${String.fromCharCode(97 + index)}`,
  );
  const stacks = names.map((name, index) => {
    const earlier = names.slice(0, index);
    const after = earlier.filter(() => random.chance(1.4 / Math.max(1, index)));
    const lasting = WATCHED_APPS.filter(() => random.happens("lasting faults", 0.25));
    return {
      name,
      after,
      config: randomConfig(random, { after, names }),
      probeMs: random.pick([10, 10, 30, 60]) * 1_000,
      reconcileMs: random.pick([10, 10, 60, 600, 1_800]) * 1_000,
      handleMs: random.pick([1_500, 5_000, 12_000]),
      broken: [...lasting, ...WATCHED_APPS.filter(() => random.happens("faults", 0.25))],
      lasting,
    };
  });
  const first: Action = { do: "release", effects: [], extra: false };
  const actions = Array.from({ length: steps - 1 }, () => randomAction(random, stacks));
  return { stacks, actions: [first, ...actions] };
}
