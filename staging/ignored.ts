import type { Finding } from "../kube/client.ts";
import type { Check, Verdict } from "./checks/check.ts";
import type { Clock } from "./clock.ts";

const HEALTH: Readonly<Record<Verdict["state"], string>> = {
  held: "healthy",
  pending: "not ready",
  failed: "failing",
  skipped: "not evaluated",
};

/** An object whose health does not count. */
export interface IgnoredObject {
  /** The object's name in messages, such as `HelmRelease media/app`. */
  readonly object: string;
  readonly reason: string;
  readonly owner: string;
  /** The last day on which the object is ignored, as `YYYY-MM-DD` in UTC. */
  readonly until: string;
}

/** The ignored objects in the configuration, keyed by object. */
export type IgnoreSettings = Readonly<Record<string, Omit<IgnoredObject, "object">>>;

/**
 * The objects that are ignored on a given day.
 * @param now milliseconds since the epoch
 */
export function ignoredOn(settings: IgnoreSettings, now: number): IgnoredObject[] {
  return listed(settings).filter((entry) => isInForce(entry, now));
}

/** Warns about entries that have expired. */
export function expiredIgnores(settings: IgnoreSettings, now: number): Finding[] {
  return listed(settings)
    .filter((entry) => !isInForce(entry, now))
    .map(({ object, until, owner }) => ({
      severity: "warning",
      message: `edgefirst:verification.ignore no longer covers ${object}: it expired on ${until} (owner: ${owner}).`,
      hint: "Remove the entry, or set a later date. Without a valid entry, the object has to be healthy.",
    }));
}

/** The same checks, but the verdict on each ignored object is `skipped`. An entry that expires during the watch no longer counts. */
export function ignoring(
  checks: readonly Check[],
  ignored: readonly IgnoredObject[],
  clock: Pick<Clock, "now">,
): Check[] {
  const entries = new Map(ignored.map((entry) => [entry.object, entry]));
  if (entries.size === 0) return [...checks];
  const withoutHealth = (verdict: Verdict): Verdict => {
    const entry = entries.get(verdict.object);
    if (entry === undefined || !isInForce(entry, clock.now())) return verdict;
    return { ...verdict, state: "skipped", message: messageFor(entry, verdict) };
  };
  return checks.map((check) => ({
    ...check,
    run: async () => {
      const result = await check.run();
      return { ...result, verdicts: result.verdicts.map(withoutHealth) };
    },
  }));
}

/** The reasons why ignored objects may be gone, by object. */
export function removalReasons(ignored: readonly IgnoredObject[]): Record<string, string> {
  return Object.fromEntries(ignored.map((entry) => [entry.object, describe(entry)]));
}

/** Reports entries that match no object, because they are misspelled or the object is gone. */
export function reportUnknown(
  ignored: readonly IgnoredObject[],
  evaluated: readonly Verdict[],
  progress: (line: string, lasting: boolean) => void,
): void {
  const known = new Set(evaluated.map(({ object }) => object));
  for (const { object } of ignored)
    if (!known.has(object))
      progress(`edgefirst:verification.ignore names ${object}, which no check evaluates`, true);
}

function messageFor(entry: IgnoredObject, { state, message }: Verdict): string {
  return `is ${describe(entry)}; it is ${HEALTH[state]} now${message === "" ? "" : `: ${message}`}`;
}

function describe({ reason, owner, until }: IgnoredObject): string {
  return `ignored until ${until} (owner: ${owner}): ${reason}`;
}

function listed(settings: IgnoreSettings): IgnoredObject[] {
  return Object.entries(settings).map(([object, entry]) => ({ object, ...entry }));
}

function isInForce({ until }: IgnoredObject, now: number): boolean {
  return new Date(now).toISOString().slice(0, 10) <= until;
}
