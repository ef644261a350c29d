import type { Action, Flap, Interruptible, Plan, UpAction } from "./action.ts";
import type { Effect } from "./fleet.ts";
import { randomChange, randomConfig } from "./plan-config.ts";
import { Random } from "./random.ts";

const APPS = ["blog", "shop", "wiki", "traefik"];
const OWN_APPS = ["api", "errors", "smoke"];
const FLUX_APPS = ["blog", "shop"];
const WEIGHTS = {
  release: 9,
  up: 12,
  preview: 3,
  rollout: 6,
  promote: 36,
  rollback: 6,
  fault: 6,
  heal: 6,
  flap: 4,
  suspend: 1,
  resume: 2,
  edit: 1,
  outage: 3,
  "backend-outage": 0.5,
  rebuild: 2,
  commit: 3,
  set: 5,
  override: 0.5,
  decide: 1.5,
  wait: 6,
};
/** What happens between the updates of a promotion. */
const DISTURBANCES = {
  fault: 3,
  up: 2,
  rebuild: 3,
  wait: 3,
  outage: 1,
  commit: 1,
  decide: 1,
  set: 1,
  edit: 0.5,
};

/** A random fleet of 2 to 8 stacks, and the actions that happen to it. The same seed gives the same plan. */
export function planFleet(seed: number, steps: number): Plan {
  const random = new Random(seed);
  const names = Array.from(
    { length: random.pick([2, 2, 3, 3, 4, 5, 8]) },
    (_, index) => `stack-${String.fromCharCode(97 + index)}`,
  );
  const stacks = names.map((name, index) => {
    const earlier = names.slice(0, index);
    const after = earlier.filter(() => random.chance(1.4 / Math.max(1, index)));
    return {
      name,
      after,
      config: randomConfig(random, { after, names }),
      probeMs: random.pick([10, 30, 60]) * 1_000,
      reconcileMs: random.pick([10, 60, 600, 1_800]) * 1_000,
      handleMs: random.pick([1_500, 5_000, 12_000]),
      broken: [...FLUX_APPS, "wiki"].filter(() => random.chance(0.25)),
    };
  });
  const first: Action = { do: "release", effects: [], extra: false };
  const actions = Array.from({ length: steps - 1 }, () => action(random, stacks));
  return { stacks, actions: [first, ...actions] };
}

function effectsOf(random: Random, names: readonly string[]): Effect[] {
  if (random.chance(0.55)) return [];
  return Array.from({ length: random.between(1, 3) }, () => {
    const { app, kind } = brokenApp(random);
    return {
      stack: random.pick(names),
      app,
      kind,
      afterMs: random.pick([0, 0, 1_000, 5_000, 20_000, 90_000]),
      forMs: random.chance(0.25) ? random.pick([20_000, 120_000]) : undefined,
    };
  });
}

function brokenApp(random: Random) {
  const isOwnCheck = random.chance(0.25);
  const isGone = !isOwnCheck && random.chance(0.3);
  return {
    app: random.pick(isOwnCheck ? OWN_APPS : APPS),
    kind: isGone ? ("gone" as const) : ("down" as const),
  };
}

function upOf(random: Random, names: readonly string[]): UpAction {
  return {
    stack: random.pick(names),
    age: random.pick([0, 0, 0, 0, 1, 1, 2, 3]),
    skew: random.chance(0.2) ? random.pick([-3_600, -90, 1, 90, 3_600]) : 0,
    background: random.chance(0.1),
    ...interruptionOf(random),
  };
}

function flapOf(random: Random): Flap {
  return {
    app: random.pick(["blog", "shop", "wiki"]),
    up: random.between(3, 30),
    down: random.between(10, 30),
  };
}

function disturbanceOf(random: Random): Interruptible & { readonly flap?: Flap } {
  return random.chance(0.3) ? { flap: flapOf(random) } : interruptionOf(random);
}

function interruptionOf(random: Random): Interruptible {
  if (random.chance(0.55)) return {};
  const wait = random.pick([30, 300, 7_200]);
  if (random.chance(0.3))
    return { interruption: { call: "verified", kind: random.pick(["kill", "kill", "sleep"]), for: wait } };
  return {
    interruption: {
      // These ranges fall before the first resource, during the update, and in the soak.
      call: random.pick([
        random.between(1, 60),
        random.between(60, 160),
        `soak ${random.between(1, 250)}` as const,
        `soak ${random.between(1, 250)}` as const,
      ]),
      kind: random.pick(["kill", "interrupt", "sleep", "sleep", "sleep"]),
      for: wait,
    },
  };
}

/** A random action for a random stack. */
function action(random: Random, stacks: Plan["stacks"]): Action {
  return actionOf(random.weighted(WEIGHTS), random, { stacks, names: stacks.map(({ name }) => name) });
}

/** The fleet for which an action is planned. */
interface Planned {
  readonly stacks: Plan["stacks"];
  readonly names: readonly string[];
}

function promotionOf(random: Random, stack: string, planned: Planned): Action {
  const { stacks, names } = planned;
  const after = stacks.find(({ name }) => name === stack)?.after ?? [];
  // Mostly at an upstream stack, where it matters to the gate.
  const at = after.length > 0 && random.chance(0.8) ? after : names;
  const disturbance = (): Action => actionOf(random.weighted(DISTURBANCES), random, { stacks, names: at });
  return {
    do: "promote",
    stack,
    ...(random.chance(0.5) && { fresh: { effects: effectsOf(random, names), extra: random.chance(0.3) } }),
    age: random.pick([0, 0, 1]),
    heals: random.chance(0.7),
    ...disturbanceOf(random),
    ...(random.chance(0.15) && { before: disturbance() }),
    ...(random.chance(0.4) && { between: disturbance() }),
  };
}

// One branch for each kind of action.
function actionOf(kind: keyof typeof WEIGHTS, random: Random, planned: Planned): Action {
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
        after: random.between(0, 60),
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
        stack,
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
    default:
      return { do: kind, stack };
  }
}

function faultOf(random: Random) {
  return {
    ...brokenApp(random),
    after: random.pick([0, 0, 5, 20, 60]),
    for: random.chance(0.5) ? random.pick([5, 20, 60, 600]) : undefined,
  };
}
