import type { Action, Plan } from "./action.ts";
import type { Chances, Feature } from "./features.ts";
import { randomChange } from "./plan-config.ts";
import { disturbanceOf, effectsOf, faultOf, FLUX_APPS, flapOf, interruptionOf, upOf } from "./plan-events.ts";

type Kind = Action["do"];
type Weights = Partial<Record<Kind, number>>;

const WEIGHTS: Weights = {
  release: 4,
  up: 12,
  preview: 3,
  rollout: 6,
  promote: 65,
  rollback: 6,
  fault: 6,
  heal: 6,
  flap: 4,
  suspend: 2,
  resume: 2,
  edit: 2,
  outage: 3,
  "backend-outage": 0.5,
  rebuild: 3,
  destroy: 2,
  commit: 14,
  set: 6,
  override: 1,
  decide: 3,
  wait: 6,
};
/** What happens between the updates of a promotion. */
const DISTURBANCES: Weights = {
  fault: 6,
  up: 6,
  rebuild: 3,
  wait: 2,
  outage: 4,
  commit: 5,
  decide: 2,
  set: 2,
  edit: 1,
  destroy: 1,
};
/** The features without which an action does not happen. */
const NEEDED: Partial<Record<Kind, Feature>> = {
  rollback: "rollbacks",
  fault: "faults",
  flap: "flapping apps",
  suspend: "suspended apps",
  resume: "suspended apps",
  edit: "edits by hand",
  outage: "outages",
  "backend-outage": "outages",
  rebuild: "rebuilt clusters",
  destroy: "destroyed stacks",
  commit: "commits",
  set: "changed settings",
  override: "overrides",
  decide: "decisions",
};

/** The fleet for which an action is planned. */
interface Planned {
  readonly stacks: Plan["stacks"];
  /** The stacks to which the action may happen. */
  readonly names: readonly string[];
}

/** A random action for a random stack. */
export function randomAction(random: Chances, stacks: Plan["stacks"]): Action {
  return actionOf(kindOf(random, WEIGHTS), random, { stacks, names: stacks.map(({ name }) => name) });
}

function kindOf(random: Chances, weights: Weights): Kind {
  const possible = Object.entries(weights).filter(([kind]) => {
    const needed = NEEDED[kind as Kind];
    return needed === undefined || random.has(needed);
  });
  return random.weighted(Object.fromEntries(possible) as Record<Kind, number>);
}

function promotionOf(random: Chances, stack: string, { stacks }: Planned): Action {
  const after = stacks.find(({ name }) => name === stack)?.after ?? [];
  // Mostly an upstream stack, where it matters to the gate.
  const near = after.length > 0 && random.chance(0.9) ? after : [stack];
  const disturbances = (count: number): Action[] =>
    Array.from({ length: count }, () =>
      actionOf(kindOf(random, DISTURBANCES), random, { stacks, names: near }),
    );
  const names = random.chance(0.6) ? near : stacks.map(({ name }) => name);
  return {
    do: "promote",
    stack,
    ...(random.chance(0.5) && { fresh: { effects: effectsOf(random, names), extra: random.chance(0.3) } }),
    age: random.pick([0, 0, 1, 2]),
    heals: random.pick(["all", "all", "all but ignored ones", "none"] as const),
    disturbed: random.pick(near),
    ...disturbanceOf(random),
    before: disturbances(random.pick([0, 0, 0, 1])),
    between: disturbances(random.pick([0, 1, 1, 2, 2, 3])),
  };
}

// One branch for each kind of action.
function actionOf(kind: Kind, random: Chances, planned: Planned): Action {
  const { stacks, names } = planned;
  const stack = random.pick(names);
  switch (kind) {
    case "release":
      return { do: kind, effects: effectsOf(random, names), extra: random.chance(0.3) };
    case "up":
    case "preview":
      return { do: kind, ...upOf(random, names) };
    case "rollout":
      return { do: kind, age: random.pick([0, 0, 1]), ...interruptionOf(random) };
    case "promote":
      return promotionOf(random, stack, planned);
    case "decide":
      return {
        do: kind,
        stack,
        kind: random.pick(["hold", "hold", "unhold", "revoke", "restore"] as const),
        age: random.pick([0, 0, 1]),
        hours: random.pick([1, 1, 24]),
      };
    case "flap":
      return { do: kind, stack, ...flapOf(random) };
    case "fault":
      return { do: kind, stack, ...faultOf(random) };
    case "heal":
      return { do: kind, stack, after: random.pick([0, 0, 10, 40]) };
    case "suspend":
    case "resume":
      return { do: kind, stack, app: random.pick(FLUX_APPS) };
    case "outage":
      return {
        do: kind,
        stack,
        after: random.pick([0, 3, 10, 30, 60]),
        for: random.pick([5, 15, 30, 100, 900]),
        slow: random.chance(0.3),
      };
    case "rebuild":
      return {
        do: kind,
        stack,
        admitted: random.chance(0.95),
        from: random.pick(["nothing", "repository", "backup", "backup"] as const),
      };
    case "commit":
      return {
        do: kind,
        stack: random.chance(0.6) ? undefined : stack,
        removes: random.chance(0.4) ? random.pick(FLUX_APPS) : undefined,
        diverges: random.chance(0.2),
      };
    case "set":
      return {
        do: kind,
        stack,
        config: randomChange(random, {
          after: stacks.find(({ name }) => name === stack)?.after ?? [],
          names: stacks.map(({ name }) => name),
        }),
      };
    case "override":
      return { do: kind, stack, hours: random.pick([-1, 1, 24, 2_000]) };
    case "wait":
      return { do: kind, for: random.pick([10, 60, 600, 3_600, 86_400]) };
    case "backend-outage":
      return { do: kind, for: random.between(1, 100) };
    case "rollback":
    case "edit":
    case "destroy":
      return { do: kind, stack };
  }
}
