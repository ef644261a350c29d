import { splitKey, verdictKey, type CheckRound, type CheckVerdict } from "./check-round.ts";
import type { Check } from "./checks/check.ts";
import type { Evidence } from "./evidence.ts";
import { movedKeys } from "./moved-objects.ts";

/** The earlier state with which a watch compares the cluster. Keys of {@link verdictKey} identify the objects. */
export interface Baseline {
  /** Objects that may be unhealthy, because no update of this stack broke them. */
  readonly excused: ReadonlySet<string>;
  /** Objects of other owners that were healthy and must still exist. */
  readonly expected: ReadonlySet<string>;
  /**
   * The revision that the root Kustomization had applied last. A different revision may have removed expected objects. Null if the stack follows no repository.
   */
  readonly revision: string | null;
  /**
   * Whether an update to another release has begun since the last verification that passed. The release that it verified has then not run without interruption.
   */
  readonly moved?: boolean | undefined;
}

/** A baseline as stored in the mark of an update. */
export interface RecordedBaseline {
  readonly excused: readonly string[];
  readonly expected: readonly string[];
  readonly revision: string | null;
  readonly moved?: boolean | undefined;
}

/** Excuses nothing and expects nothing. */
export const NO_BASELINE: Baseline = { excused: new Set(), expected: new Set(), revision: null };

/**
 * The baseline for the first update since the last verification that passed. Objects are never excused if they were healthy in that verification, if it ignored
 * them, or if a later verification reported them as failed.
 * @param round the checks' results before the update
 * @param history the stack's evidence, and the name of its root Kustomization, such as `Kustomization flux-system/cluster-apps`
 */
export function baselineOf(
  round: CheckRound,
  checks: readonly Check[],
  { earlier, root }: { readonly earlier: Evidence | undefined; readonly root?: string | undefined },
): Baseline {
  const last = lastPassKeys(earlier, checks);
  const blamed = blamedBy(earlier);
  // Otherwise an object would be excused once its entry in verification.ignore has expired.
  const ignored = new Set(earlier?.verified[0]?.ignored?.map(({ object }) => object));
  const unhealthy = keysOf(round, ({ state, own }) => state === "failed" && !own);
  const held = heldBy(round);
  // The object in the new namespace is expected instead.
  const moved = movedKeys(new Set([...last.held, ...last.unhealthy]), round);
  return {
    excused: new Set([
      ...unhealthy.filter(
        (key) => !last.held.has(key) && !blamed.has(key) && !ignored.has(splitKey(key).object),
      ),
      ...[...last.unhealthy].filter((key) => !held.has(key)),
    ]),
    expected: new Set([
      ...keysOf(round, (verdict) => verdict.state === "held" && !verdict.own && mustStay(verdict, checks)),
      ...[...last.others].filter((key) => !moved.has(key) && keyMustStay(key, checks)),
    ]),
    revision: earlier?.lastPass?.revision ?? revisionOf(round, root) ?? null,
  };
}

/**
 * The baseline for an update that follows an unverified one: the earlier update's baseline, except that objects that have recovered since are no longer
 * excused.
 */
export function inheritedBaseline(begun: RecordedBaseline, round: CheckRound): Baseline {
  const held = heldBy(round);
  return {
    excused: new Set(begun.excused.filter((key) => !held.has(key))),
    expected: new Set(begun.expected),
    revision: begun.revision,
  };
}

/** The last revision that the root Kustomization applied. */
export function revisionOf({ verdicts }: CheckRound, root: string | undefined): string | undefined {
  return verdicts.find(({ check, object }) => check === "flux" && object === root)?.revision;
}

function heldBy(round: CheckRound): Set<string> {
  return new Set(keysOf(round, ({ state }) => state === "held"));
}

function keysOf({ verdicts }: CheckRound, test: (verdict: CheckVerdict) => boolean): string[] {
  return verdicts.filter(test).map(verdictKey);
}

function mustStay(
  { check, object }: Pick<CheckVerdict, "check" | "object">,
  checks: readonly Check[],
): boolean {
  return checks.find(({ id }) => id === check)?.keeps?.(object) === true;
}

function keyMustStay(key: string, checks: readonly Check[]): boolean {
  return mustStay(splitKey(key), checks);
}

interface LastPassKeys {
  /** Everything that was healthy. */
  readonly held: ReadonlySet<string>;
  /** The healthy objects that belong to other owners. */
  readonly others: ReadonlySet<string>;
  readonly unhealthy: ReadonlySet<string>;
}

/** The objects that the last verification that passed found, limited to the checks that run now. */
function lastPassKeys(earlier: Evidence | undefined, checks: readonly Check[]): LastPassKeys {
  const entries = Object.entries(earlier?.lastPass?.checks ?? {}).filter(([id]) =>
    checks.some((check) => check.id === id),
  );
  const keys = (list: "held" | "own" | "unhealthy"): string[] =>
    entries.flatMap(([id, found]) => found[list].map((object) => `${id} ${object}`));
  const others = keys("held");
  return {
    held: new Set([...others, ...keys("own")]),
    others: new Set(others),
    unhealthy: new Set(keys("unhealthy")),
  };
}

/**
 * The objects that have failed since the last verification that passed. They are not excused, so that a broken release cannot pass because it was already
 * broken.
 */
function blamedBy(earlier: Evidence | undefined): Set<string> {
  const passed = Math.max(0, ...(earlier?.verified ?? []).map(({ time }) => Date.parse(time)));
  const revoked = (earlier?.revoked ?? []).filter(({ time }) => Date.parse(time) > passed);
  return new Set(
    revoked.flatMap(({ failures }) => failures.map(({ check, object }) => `${check} ${object}`)),
  );
}
