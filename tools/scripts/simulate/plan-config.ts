import type { CheckId } from "../../../config/check-ids.ts";
import { DAYS } from "../../../config/windows.ts";
import type { OwnCheckId, StackConfig } from "./fleet.ts";
import type { Chances } from "./features.ts";
import { WATCHED_APPS } from "./plan-events.ts";
import { START } from "./scheduler.ts";

const DAY_MS = 86_400_000;
const OWN_CHECKS: readonly OwnCheckId[] = ["queries", "http", "jobs"];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];

/** A stack and its upstream stacks. */
export interface PlannedStack {
  readonly after: readonly string[];
  /** The names of all stacks. */
  readonly names: readonly string[];
}

/** A random configuration of a stack. */
export function randomConfig(random: Chances, { after, names }: PlannedStack): StackConfig {
  return {
    ...randomVerification(random),
    maxAge: random.pick([900, 3_600, 86_400, 604_800]),
    live: random.happens("demands", 0.15) ? "required" : "configured",
    unreachable: random.chance(0.5) ? "warn" : "refuse",
    gatePatience: random.pick([0, 10, 40, 60]),
    minAge: random.happens("demands", 0.3) ? random.pick([60, 600]) : 0,
    minSoak: random.happens("demands", 0.3) ? random.pick([15, 15, 15, 60]) : 0,
    requiredChecks: random.happens("demands", 0.2) ? [random.pick<CheckId>(["flux", "gatus", "http"])] : [],
    overrides: random.happens("demands", 0.4) ? "refuse" : "accept",
    contexts: contextsOf(random, { after, names }),
    override: undefined,
    rebuilt: undefined,
    windows: random.happens("windows", 0.2) ? [windowOf(random)] : [],
    pin: after.length > 0 && random.happens("pins", 0.8),
  };
}

/** A random change to a configuration. */
export function randomChange(random: Chances, stack: PlannedStack): Partial<StackConfig> {
  if (random.chance(0.4)) return randomVerification(random);
  const { maxAge, live, unreachable, minAge, minSoak, overrides, contexts, windows, pin } = randomConfig(
    random,
    stack,
  );
  return {
    maxAge,
    live,
    unreachable,
    minAge,
    minSoak,
    overrides,
    contexts,
    windows,
    pin,
    override: undefined,
  };
}

function randomVerification(random: Chances) {
  const soak = random.happens("no soak", 0.3) ? 0 : random.pick([15, 15, 30, 60]);
  return {
    soak,
    withoutSoak: soak === 0 && random.chance(0.9) ? "it is only a test cluster" : undefined,
    interval: random.pick([3, 5, 5, 10]),
    timeout: soak + random.pick([20, 75, 75, 150]),
    patience: random.pick([20, 60]),
    skip: random.happens("skipped checks", 0.3)
      ? { [random.pick<CheckId>(["flux", "gatus", "declared"])]: "its controller is not installed" }
      : {},
    own: OWN_CHECKS.filter(() => random.happens("own checks", 0.6)),
    ignore: random.happens("ignored apps", 0.5) ? ignoreOf(random) : {},
  };
}

function ignoreOf(random: Chances): StackConfig["ignore"] {
  const until = new Date(START + random.pick([-1, 0, 0, 1, 30]) * DAY_MS).toISOString().slice(0, 10);
  const app = random.pick(WATCHED_APPS);
  return { [app]: { reason: `known to be broken: ${app}`, until } };
}

function windowOf(random: Chances): StackConfig["windows"][number] {
  const [from, to] = [random.between(0, 23), random.between(0, 23)];
  const hour = (value: number): string => `${String(value).padStart(2, "0")}:${random.pick(["00", "30"])}`;
  const days = DAYS.filter(() => random.chance(0.7));
  return {
    days: days.length === 0 ? ["sat"] : days,
    from: hour(from),
    to: hour(from === to ? (to + 6) % 24 : to),
    zone: random.pick(ZONES),
  };
}

function contextsOf(random: Chances, { after, names }: PlannedStack): Record<string, string> {
  const known = after.filter(() => !random.happens("missing contexts", 0.4));
  return Object.fromEntries(
    known.map((name) => [name, random.happens("wrong contexts", 0.2) ? random.pick(names) : name]),
  );
}
