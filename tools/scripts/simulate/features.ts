import { Random } from "./random.ts";

/** What a fleet may have to cope with. At most 31, see {@link featuresOf}. */
export const FEATURES = [
  "kills",
  "Ctrl-C",
  "sleeps",
  "background updates",
  "broken releases",
  "faults",
  "lasting faults",
  "flapping apps",
  "missing apps",
  "suspended apps",
  "outages",
  "clock skew",
  "rebuilt clusters",
  "destroyed stacks",
  "edits by hand",
  "commits",
  "pins",
  "rollbacks",
  "changed settings",
  "demands",
  "skipped checks",
  "own checks",
  "ignored apps",
  "no soak",
  "missing contexts",
  "wrong contexts",
  "overrides",
  "decisions",
  "windows",
] as const;
export type Feature = (typeof FEATURES)[number];

const BLOCK = 32;

/**
 * The features of a fleet. Of 32 fleets in a row, each feature is in 16, and each pair of features is in 8: features are columns of a Hadamard matrix, and fleets are
 * rows. Otherwise, most fleets would have a little of everything, and what takes three or four things at once would hardly ever happen. Which column is which
 * feature is random for each block of 32.
 */
export function featuresOf(seed: number, fleet: number): ReadonlySet<Feature> {
  const random = new Random(seed * 7_919 + Math.floor(fleet / BLOCK));
  const rows = random.shuffled(Array.from({ length: BLOCK }, (_, index) => index));
  const columns = random.shuffled(rows.filter((index) => index > 0));
  const row = rows[fleet % BLOCK] ?? 0;
  return new Set(FEATURES.filter((_, index) => isOdd(row & (columns[index] ?? 0))));
}

function isOdd(bits: number): boolean {
  return bits.toString(2).replaceAll("0", "").length % 2 === 1;
}

/** Random numbers for a fleet: nothing happens that is not among its features. */
export class Chances extends Random {
  readonly #features: ReadonlySet<Feature>;

  constructor(seed: number, features: ReadonlySet<Feature>) {
    super(seed);
    this.#features = features;
  }

  has(feature: Feature): boolean {
    return this.#features.has(feature);
  }

  /** @param probability in a fleet with the feature */
  happens(feature: Feature, probability: number): boolean {
    return this.has(feature) && this.chance(probability);
  }
}
