import type { CheckId } from "../config/check-ids.ts";
import type { Check, Sighting, Verdict } from "./checks/check.ts";

/** A verdict and the check that gave it; `soak` stands for the watching itself. */
export interface Judged extends Verdict {
  readonly check: CheckId | "soak";
}

/** One look by every check. */
export interface Look {
  readonly verdicts: readonly Judged[];
  readonly sightings: ReadonlyMap<CheckId, Sighting>;
}

/**
 * Makes every check look once.
 * @throws {EdgefirstError} where the cluster cannot be reached
 */
export async function lookOnce(
  checks: readonly Check[],
  earlier?: { readonly look: Look; readonly isDue: (check: Check) => boolean },
): Promise<Look> {
  const sightings = new Map(
    await Promise.all(
      checks.map(async (check) => {
        const known = earlier?.isDue(check) === false ? earlier.look.sightings.get(check.id) : undefined;
        return [check.id, known ?? (await check.look())] as const;
      }),
    ),
  );
  const verdicts = [...sightings].flatMap(([check, sighting]) =>
    sighting.verdicts.map((verdict) => ({ ...verdict, check })),
  );
  return { sightings, verdicts };
}

/** What makes an object's verdict findable in another look. */
export function keyOf({ check, object }: Pick<Judged, "check" | "object">): string {
  return `${check} ${object}`;
}

/** What was there before the update, and what is to be made of it. */
export interface Before {
  readonly look: Look;
  /** Keys of what an earlier verification that failed had found: a broken release must not excuse itself by having been broken before. */
  readonly blamed: ReadonlySet<string>;
}
