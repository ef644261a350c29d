import type { Flap, Interruptible, UpAction } from "./action.ts";
import type { Chances, Feature } from "./features.ts";
import type { Effect } from "./fleet.ts";
import type { Interruption, InterruptionPoint } from "./scheduler.ts";

/** Apps that the repository contains. */
export const FLUX_APPS = ["blog", "shop"];
/** Apps whose health a verification watches. */
export const WATCHED_APPS = [...FLUX_APPS, "wiki"];
const APPS = [...WATCHED_APPS, "traefik"];
const OWN_APPS = ["api", "errors", "smoke"];
const INTERRUPTIONS = {
  kills: "kill",
  "Ctrl-C": "interrupt",
  sleeps: "sleep",
} as const satisfies Partial<Record<Feature, Interruption["kind"]>>;

/** The random effects of a release. */
export function effectsOf(random: Chances, names: readonly string[]): Effect[] {
  if (!random.happens("broken releases", 0.7)) return [];
  return Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => ({
    stack: random.pick(names),
    ...brokenApp(random),
    afterMs: random.pick([0, 0, 1_000, 5_000, 20_000, 90_000]),
    forMs: random.chance(0.25) ? random.pick([20_000, 120_000]) : undefined,
  }));
}

function brokenApp(random: Chances) {
  const isOwnCheck = random.happens("own checks", 0.5);
  const isGone = !isOwnCheck && random.happens("missing apps", 0.5);
  return {
    app: random.pick(isOwnCheck ? OWN_APPS : APPS),
    kind: isGone ? ("gone" as const) : ("down" as const),
  };
}

export function faultOf(random: Chances) {
  return {
    ...brokenApp(random),
    after: random.pick([0, 0, 0, 0, 5, 20, 60]),
    for: random.chance(0.7) ? random.pick([5, 20, 20, 60, 600]) : undefined,
  };
}

export function upOf(random: Chances, names: readonly string[]): UpAction {
  return {
    stack: random.pick(names),
    age: random.pick([0, 0, 0, 1, 1, 2]),
    skew: random.happens("clock skew", 0.4) ? random.pick([-3_600, -90, 1, 90, 3_600]) : 0,
    background: random.happens("background updates", 0.5) ? random.pick([0, 1, 5, 20]) : undefined,
    ...interruptionOf(random),
  };
}

export function flapOf(random: Chances): Flap {
  return {
    app: random.pick(WATCHED_APPS),
    up: random.between(3, 30),
    down: random.between(10, 30),
  };
}

/** An interruption, or an app that flaps. */
export function disturbanceOf(random: Chances): Interruptible & { readonly flap?: Flap } {
  return random.happens("flapping apps", 0.4) ? { flap: flapOf(random) } : interruptionOf(random);
}

export function interruptionOf(random: Chances): Interruptible {
  const features = Object.keys(INTERRUPTIONS) as (keyof typeof INTERRUPTIONS)[];
  const possible = features.filter((feature) => random.has(feature));
  if (possible.length === 0 || random.chance(0.5)) return {};
  return {
    interruption: {
      call: pointOf(random),
      kind: INTERRUPTIONS[random.pick(possible)],
      for: random.ofAnyScale(10, 7_200),
    },
  };
}

/** Calls are frequent before the first resource and in each round of checks; most of the time passes between them. */
function pointOf(random: Chances): InterruptionPoint {
  return random.pick<InterruptionPoint>([
    "verified",
    random.between(1, 160),
    `${random.ofAnyScale(1, 60)} s`,
    `soak ${random.between(1, 250)}`,
    `soak ${random.ofAnyScale(1, 120)} s`,
    `soak ${random.ofAnyScale(1, 120)} s`,
  ]);
}
