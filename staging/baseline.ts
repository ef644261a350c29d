import { absentFrom, splitKey, verdictKey, type CheckRound, type CheckVerdict } from "./check-round.ts";
import type { Check } from "./checks/check.ts";
import type { Evidence } from "./evidence.ts";
import { movedKeys } from "./moved-objects.ts";

/** The earlier state that a watch compares the cluster with. Keys of {@link verdictKey} identify the objects. */
export interface Baseline {
  /** Objects that may be unhealthy, because no update of this stack broke them. */
  readonly excused: ReadonlySet<string>;
  /** Objects of other owners that were healthy and must still exist. */
  readonly expected: ReadonlySet<string>;
  /**
   * The revision that the root Kustomization had applied last. A different revision may have removed expected objects. Null if the stack follows no repository.
   */
  readonly revision: string | null;
  /** Objects that were gone before the update began, and that the repository may have removed, with the reason for each. */
  readonly gone?: ReadonlyMap<string, string> | undefined;
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
  readonly gone?: Readonly<Record<string, string>> | undefined;
  readonly moved?: boolean | undefined;
}

/** What the baseline of an update is measured with. */
export interface BaselineArgs {
  /** The stack's evidence. */
  readonly earlier: Evidence | undefined;
  /** The root Kustomization, such as `Kustomization flux-system/cluster-apps`. */
  readonly root?: string | undefined;
}

/** Excuses nothing and expects nothing. */
export const NO_BASELINE: Baseline = { excused: new Set(), expected: new Set(), revision: null };

/**
 * The baseline for the first update since the last verification that passed. Objects are never excused if they were healthy in that verification, if it ignored
 * them, or if a later verification reported them as failed.
 * @param round the checks' results before the update
 */
export function baselineOf(
  round: CheckRound,
  checks: readonly Check[],
  { earlier, root }: BaselineArgs,
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
    ...expectationsOf(
      {
        expected: [
          ...healthyObjects(round, checks),
          ...[...last.others].filter((key) => !moved.has(key) && keyMustStay(key, checks)),
        ],
        revision: earlier?.lastPass?.revision ?? null,
      },
      round,
      root,
    ),
  };
}

/**
 * The baseline for an update that follows an unverified one: the earlier update's baseline, except that objects that have recovered since are no longer
 * excused, and that what is healthy now must still exist at the end.
 */
export function inheritedBaseline(
  begun: RecordedBaseline,
  round: CheckRound,
  checks: readonly Check[],
  root?: string,
): Baseline {
  const held = heldBy(round);
  const moved = movedKeys(new Set([...begun.expected, ...begun.excused]), round);
  const known = begun.expected.filter((key) => !moved.has(key));
  return {
    excused: new Set(begun.excused.filter((key) => !held.has(key))),
    ...expectationsOf({ ...begun, expected: [...known, ...healthyObjects(round, checks)] }, round, root),
  };
}

/**
 * What must still exist after an update. A revision that the repository has reached before the update is a reason only for what it has already removed. If an
 * object disappears later at the same revision, the update may have removed it.
 * @param begun what must exist, and the revision at which it existed
 */
function expectationsOf(
  { expected, revision, gone = {} }: Pick<RecordedBaseline, "expected" | "revision" | "gone">,
  round: CheckRound,
  root: string | undefined,
): Pick<Baseline, "expected" | "revision" | "gone"> {
  const now = revisionOf(round, root);
  const isOther = revision !== null && now !== undefined && now !== revision;
  const removed = isOther && isSettled(round, now) ? absentFrom(round, expected) : undefined;
  if (removed === undefined || now === undefined || revision === null)
    return {
      expected: new Set(expected),
      revision: revision ?? now ?? null,
      gone: new Map(Object.entries(gone)),
    };
  const reasons = removed.map((key) => [key, revisionChange(revision, now)] as const);
  return {
    expected: new Set(expected).difference(new Set(removed)),
    revision: now,
    gone: new Map([...Object.entries(gone), ...reasons]),
  };
}

/** Whether Flux has applied a revision everywhere. Until then, it may still remove objects. */
function isSettled({ verdicts }: CheckRound, revision: string): boolean {
  return verdicts.every(
    (verdict) =>
      verdict.check !== "flux" ||
      verdict.state === "held" ||
      verdict.state === "skipped" ||
      (verdict.state === "failed" && verdict.revision === revision),
  );
}

/** Why an object may be gone if the repository has changed. */
export function revisionChange(from: string, to: string): string {
  return `the repository changed from ${from} to ${to}`;
}

/** The last revision that the root Kustomization applied. */
export function revisionOf({ verdicts }: CheckRound, root: string | undefined): string | undefined {
  return verdicts.find(({ check, object }) => check === "flux" && object === root)?.revision;
}

function heldBy(round: CheckRound): Set<string> {
  return new Set(keysOf(round, ({ state }) => state === "held"));
}

/** The healthy objects of other owners that must stay. */
function healthyObjects(round: CheckRound, checks: readonly Check[]): string[] {
  return keysOf(round, (verdict) => verdict.state === "held" && !verdict.own && mustStay(verdict, checks));
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

/** The objects found by the last verification that passed, limited to the checks that run now. */
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
