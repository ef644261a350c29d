import type { CheckId } from "../config/check-ids.ts";
import type { Check, CheckResult, Verdict } from "./checks/check.ts";

/** A verdict and the id of its check; `soak` if the verdict is about the watch as a whole. */
export interface CheckVerdict extends Verdict {
  readonly check: CheckId | "soak";
}

/** One run of every check. */
export interface CheckRound {
  readonly verdicts: readonly CheckVerdict[];
  readonly results: ReadonlyMap<CheckId, CheckResult>;
}

/** The state of a watch before its first round. */
export const NO_ROUND: CheckRound = { verdicts: [], results: new Map() };

/**
 * Runs every check once.
 * @param previous the round whose results are reused for checks that are not due
 * @throws {EdgefirstError} if the cluster cannot be reached
 */
export async function runChecks(
  checks: readonly Check[],
  previous?: { readonly round: CheckRound; readonly isDue: (check: Check) => boolean },
): Promise<CheckRound> {
  const results = new Map(
    await Promise.all(
      checks.map(async (check) => {
        const isDue = previous?.isDue(check) !== false;
        const known = isDue ? undefined : (previous.round.results.get(check.id) ?? check.whenOthersHold);
        return [check.id, known ?? (await check.run())] as const;
      }),
    ),
  );
  const verdicts = [...results].flatMap(([check, result]) =>
    result.verdicts.map((verdict) => ({ ...verdict, check })),
  );
  return { results, verdicts };
}

/** A key that identifies the same object in the same check across rounds. */
export function verdictKey({ check, object }: Pick<CheckVerdict, "check" | "object">): string {
  return `${check} ${object}`;
}

/** The inverse of {@link verdictKey}. */
export function splitKey(key: string): Pick<CheckVerdict, "check" | "object"> {
  const space = key.indexOf(" ");
  return { check: key.slice(0, space) as CheckVerdict["check"], object: key.slice(space + 1) };
}

/** The keys for which a round has no object. */
export function absentFrom({ verdicts }: CheckRound, keys: Iterable<string>): string[] {
  const present = new Set(verdicts.map(verdictKey));
  return [...keys].filter((key) => !present.has(key));
}
