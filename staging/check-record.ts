import { CHECK_IDS, type CheckId } from "../config/check-ids.ts";
import type { CheckRecord, LastPass } from "./evidence.ts";
import type { WatchResult } from "./watch-state.ts";

/**
 * The checks to record in the evidence: those that ran, and those that the configuration skips. Kinds of checks that the stack does not configure are not
 * recorded.
 */
export function recordedChecks(
  skip: Readonly<Partial<Record<CheckId, string>>>,
  result: WatchResult,
): CheckRecord[] {
  return CHECK_IDS.filter((id) => skip[id] !== undefined || result.round.results.has(id)).map((id) =>
    checkRecord(id, skip[id], result),
  );
}

/**
 * The evidence record of one check.
 * @param skipped why the configuration skips it
 */
export function checkRecord(id: CheckId, skipped: string | undefined, result: WatchResult): CheckRecord {
  if (skipped !== undefined)
    return { id, outcome: "notChecked", objects: 0, notes: [skipped], unhealthyBefore: [] };
  const verdicts = result.round.verdicts.filter(({ check }) => check === id);
  const evaluated = verdicts.filter(({ state }) => state !== "skipped");
  const removed = result.removed.filter(({ check }) => check === id);
  const failed = result.failures.some(({ check }) => check === id);
  return {
    id,
    outcome: failed ? "failed" : evaluated.length === 0 && id !== "leftovers" ? "nothing" : "held",
    objects: evaluated.length,
    notes: [
      ...(result.round.results.get(id)?.notes ?? []),
      ...[...verdicts.filter(({ state }) => state === "skipped"), ...removed].map(
        ({ object, message }) => `${object} ${message}.`,
      ),
    ],
    unhealthyBefore: result.excused.filter(({ check }) => check === id).map(({ object }) => object),
  };
}

/** The objects that each check found, by check id. */
export function foundByName({ round, excused }: WatchResult): LastPass["checks"] {
  return Object.fromEntries(
    [...round.results.keys()].map((id) => {
      const held = round.verdicts.filter(({ check, state }) => check === id && state === "held");
      return [
        id,
        {
          held: held.filter(({ own }) => !own).map(({ object }) => object),
          own: held.filter(({ own }) => own).map(({ object }) => object),
          unhealthy: excused.filter(({ check }) => check === id).map(({ object }) => object),
        },
      ] as const;
    }),
  );
}
