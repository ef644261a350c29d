import { duration } from "../lib/duration.ts";
import type { CheckRecord, Verification } from "./evidence.ts";

/** What a verification did not prove, with one line for each point, for stacks that rely on it. Empty if it proved everything. */
export function weaknessesOf(record: Verification): string[] {
  const { soak, dirty, commit, override, checks } = record;
  return [
    ...(soak === 0 ? ["no soak: every check held only once"] : []),
    ...(dirty ? ["the checkout had uncommitted changes"] : []),
    ...(commit === null ? ["the checkout was not in a git repository"] : []),
    ...(override === undefined
      ? []
      : [`brought up under an override until ${override.expires}: ${override.reason}`]),
    ...checks.flatMap(unprovenBy),
  ];
}

/** What a check did not prove. */
export function unprovenBy({ id, outcome, notes, unhealthyBefore }: CheckRecord): string[] {
  const remarks = notes.join(" ");
  return [
    ...(outcome === "notChecked" ? [`not checked: ${id}: ${remarks}`] : []),
    ...(outcome === "nothing" ? [`nothing to check: ${id}${remarks === "" ? "" : `: ${remarks}`}`] : []),
    ...(outcome === "held" || outcome === "failed" ? notes.map((note) => `${id}: ${note}`) : []),
    ...unhealthyBefore.map((object) => `already unhealthy before the update: ${object}`),
  ];
}

const HOUR_MS = 3_600_000;

/** What a stack requires of a verification on an upstream stack. */
export interface ProofDemands {
  /** How long an upstream stack must have run the release, in milliseconds. */
  readonly minAgeMs: number;
  /** Shortest acceptable soak, in milliseconds. */
  readonly minSoakMs: number;
  /** Checks that must have held for at least one object. */
  readonly requiredChecks: readonly string[];
  /** Whether a verification under an override is accepted. */
  readonly overrides: "accept" | "refuse";
}

/**
 * Describes the requirements that a verification does not meet, as clauses.
 * @param now milliseconds since the epoch
 */
export function unmetDemands(record: Verification, demands: ProofDemands, now: number): string[] {
  const { minAgeMs, minSoakMs, requiredChecks, overrides } = demands;
  const age = now - Date.parse(record.since ?? record.time);
  const held = new Set(record.checks.filter(({ outcome }) => outcome === "held").map(({ id }) => id));
  const missing = requiredChecks.filter((id) => !held.has(id));
  return [
    ...(age < minAgeMs
      ? [`it has run the release for only ${words(age)}, but gate.minAge is ${words(minAgeMs)}`]
      : []),
    ...(record.soak * 1_000 < minSoakMs
      ? [`its soak was only ${words(record.soak * 1_000)}, but gate.minSoak is ${words(minSoakMs)}`]
      : []),
    ...(missing.length > 0
      ? [`these checks of gate.requiredChecks did not hold: ${missing.join(", ")}`]
      : []),
    ...(overrides === "refuse" && record.override !== undefined
      ? ["it was verified under an override, but gate.overrides is refuse"]
      : []),
  ];
}

function words(ms: number): string {
  const hours = Math.max(0, Math.floor(ms / HOUR_MS));
  const seconds = Math.max(0, Math.floor(ms / 1_000)) - hours * 3_600;
  if (hours === 0) return duration(seconds);
  return seconds === 0 ? `${hours} h` : `${hours} h ${duration(seconds)}`;
}
