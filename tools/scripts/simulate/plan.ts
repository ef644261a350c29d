import type { CheckId } from "../../../config/check-ids.ts";
import type { Effect, StackConfig } from "./fleet.ts";
import { Random } from "./random.ts";
import type { InterruptionPoint } from "./scheduler.ts";

/** Something that happens to a fleet. Times are in seconds. */
export type Action =
  | { readonly do: "release"; readonly effects: readonly Effect[]; readonly extra: boolean }
  | ({ readonly do: "up" | "preview" } & UpAction)
  | ({ readonly do: "rollout"; readonly age: number } & Interruptible)
  /** Updates the upstream stacks of a stack, then the stack itself. */
  | ({
      readonly do: "promote";
      readonly stack: string;
      readonly age: number;
      readonly heals: boolean;
      readonly flap?: Flap;
    } & Interruptible)
  | ({ readonly do: "flap"; readonly stack: string } & Flap)
  | { readonly do: "rollback"; readonly stack: string }
  | {
      readonly do: "fault";
      readonly stack: string;
      readonly app: string;
      readonly kind: "down" | "gone";
      readonly after: number;
      readonly for: number | undefined;
    }
  | { readonly do: "heal"; readonly stack: string; readonly after: number }
  | { readonly do: "suspend" | "resume"; readonly stack: string; readonly app: string }
  | { readonly do: "edit"; readonly stack: string }
  | {
      readonly do: "outage";
      readonly stack: string;
      readonly after: number;
      readonly for: number;
      readonly slow: boolean;
    }
  | { readonly do: "backend-outage"; readonly for: number }
  | {
      readonly do: "rebuild";
      readonly stack: string;
      readonly admitted: boolean;
      readonly from: "nothing" | "repository" | "backup";
    }
  | { readonly do: "commit"; readonly stack: string; readonly removes: string | undefined }
  | { readonly do: "set"; readonly stack: string; readonly config: Partial<StackConfig> }
  | { readonly do: "override"; readonly stack: string; readonly hours: number }
  | { readonly do: "wait"; readonly for: number };

/** An app that comes up after some time, and goes down again after some more. */
export interface Flap {
  readonly app: string;
  readonly up: number;
  readonly down: number;
}

/** An interruption that can happen to the update of a stack. */
export interface Interruptible {
  readonly interruption?: {
    readonly call: InterruptionPoint;
    readonly kind: "kill" | "interrupt" | "sleep";
    readonly for: number;
  };
}

/** An update. */
export interface UpAction extends Interruptible {
  readonly stack: string;
  /** How many releases are newer than the one to run. */
  readonly age: number;
  /** How far the machine's clock is ahead, in seconds. */
  readonly skew: number;
  /** Whether the next action happens while the update runs. */
  readonly background: boolean;
}

/** A fleet, and the actions that happen to it. */
export interface Plan {
  readonly stacks: readonly {
    readonly name: string;
    readonly after: readonly string[];
    readonly config: StackConfig;
    readonly probeMs: number;
    readonly reconcileMs: number;
  }[];
  readonly actions: readonly Action[];
}

const APPS = ["blog", "shop", "wiki", "traefik"];
const FLUX_APPS = ["blog", "shop"];
const WEIGHTS = {
  release: 9,
  up: 28,
  preview: 3,
  rollout: 6,
  promote: 20,
  rollback: 3,
  fault: 9,
  heal: 12,
  flap: 4,
  suspend: 1,
  resume: 2,
  edit: 1,
  outage: 3,
  "backend-outage": 0.5,
  rebuild: 2,
  commit: 1.5,
  set: 5,
  override: 1,
  wait: 6,
};

/** A random fleet of 2 to 8 stacks, and the actions that happen to it. The same seed gives the same plan. */
export function planFleet(seed: number, steps: number): Plan {
  const random = new Random(seed);
  const names = Array.from(
    { length: random.between(2, 8) },
    (_, index) => `stack-${String.fromCharCode(97 + index)}`,
  );
  const stacks = names.map((name, index) => {
    const earlier = names.slice(0, index);
    const after = earlier.filter(() => random.chance(1.4 / Math.max(1, index)));
    return {
      name,
      after,
      config: configOf(random, after, names),
      probeMs: random.pick([10, 30, 60]) * 1_000,
      reconcileMs: random.pick([60, 600, 1_800]) * 1_000,
    };
  });
  const first: Action = { do: "release", effects: [], extra: false };
  const actions = Array.from({ length: steps - 1 }, () => action(random, stacks));
  return { stacks, actions: [first, ...actions] };
}

function configOf(random: Random, after: readonly string[], names: readonly string[]): StackConfig {
  return {
    ...verificationOf(random),
    maxAge: random.pick([900, 3_600, 86_400, 604_800]),
    live: random.chance(0.1) ? "required" : "configured",
    unreachable: random.chance(0.3) ? "warn" : "refuse",
    gatePatience: random.pick([0, 10, 60]),
    minAge: random.chance(0.15) ? random.pick([60, 600]) : 0,
    minSoak: random.chance(0.15) ? random.pick([15, 60]) : 0,
    requiredChecks: random.chance(0.1) ? [random.pick<CheckId>(["flux", "gatus"])] : [],
    overrides: random.chance(0.2) ? "refuse" : "accept",
    contexts: contextsOf(random, after, names),
    override: undefined,
    rebuilt: undefined,
  };
}

function verificationOf(random: Random) {
  const soak = random.pick([0, 15, 15, 30, 60, 120]);
  return {
    soak,
    withoutSoak: soak === 0 && random.chance(0.9) ? "it is only a test cluster" : undefined,
    interval: random.pick([3, 5, 10]),
    timeout: soak + random.pick([20, 60, 180]),
    patience: random.pick([20, 60]),
    skip: random.chance(0.1)
      ? { [random.pick<CheckId>(["flux", "gatus", "declared"])]: "its controller is not installed" }
      : {},
  };
}

function contextsOf(
  random: Random,
  after: readonly string[],
  names: readonly string[],
): Record<string, string> {
  const known = after.filter(() => random.chance(0.8));
  return Object.fromEntries(known.map((name) => [name, random.chance(0.08) ? random.pick(names) : name]));
}

function effectsOf(random: Random, names: readonly string[]): Effect[] {
  if (random.chance(0.4)) return [];
  return Array.from({ length: random.between(1, 3) }, () => ({
    stack: random.pick(names),
    app: random.pick(APPS),
    afterMs: random.pick([0, 0, 1_000, 5_000, 20_000, 90_000]),
    kind: random.chance(0.25) ? ("gone" as const) : ("down" as const),
    forMs: random.chance(0.25) ? random.pick([20_000, 120_000]) : undefined,
  }));
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
  return { app: random.pick(APPS.slice(0, 3)), up: random.between(3, 30), down: random.between(10, 30) };
}

function disturbanceOf(random: Random): Interruptible & { readonly flap?: Flap } {
  return random.chance(0.3) ? { flap: flapOf(random) } : interruptionOf(random);
}

function interruptionOf(random: Random): Interruptible {
  if (random.chance(0.6)) return {};
  return {
    interruption: {
      // These ranges fall before the first resource, during the update, and in the soak.
      call: random.pick([
        random.between(1, 60),
        random.between(60, 160),
        random.between(100, 400),
        "verified" as const,
      ]),
      kind: random.pick(["kill", "interrupt", "sleep", "sleep", "sleep"] as const),
      for: random.pick([30, 300, 7_200]),
    },
  };
}

// One branch for each kind of action.
function action(random: Random, stacks: Plan["stacks"]): Action {
  const names = stacks.map(({ name }) => name);
  const stack = random.pick(names);
  const kind = random.weighted(WEIGHTS);
  switch (kind) {
    case "release":
      return { do: kind, effects: effectsOf(random, names), extra: random.chance(0.3) };
    case "up":
    case "preview":
      return { do: kind, ...upOf(random, names) };
    case "rollout":
      return { do: kind, age: random.pick([0, 0, 1]), ...interruptionOf(random) };
    case "promote":
      return {
        do: kind,
        stack,
        age: random.pick([0, 0, 1]),
        heals: random.chance(0.6),
        ...disturbanceOf(random),
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
        admitted: random.chance(0.8),
        from: random.pick(["nothing", "repository", "backup", "backup"] as const),
      };
    case "commit":
      return { do: kind, stack, removes: random.chance(0.4) ? random.pick(FLUX_APPS) : undefined };
    case "set":
      return {
        do: kind,
        stack,
        config: changeOf(random, stacks.find(({ name }) => name === stack)?.after ?? [], names),
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
    app: random.pick(APPS),
    kind: random.chance(0.3) ? ("gone" as const) : ("down" as const),
    after: random.pick([0, 0, 5, 20, 60]),
    for: random.chance(0.5) ? random.pick([5, 20, 60, 600]) : undefined,
  };
}

function changeOf(random: Random, after: readonly string[], names: readonly string[]): Partial<StackConfig> {
  if (random.chance(0.3)) return verificationOf(random);
  const { maxAge, live, unreachable, minAge, minSoak, overrides, contexts } = configOf(random, after, names);
  return { maxAge, live, unreachable, minAge, minSoak, overrides, contexts, override: undefined };
}
