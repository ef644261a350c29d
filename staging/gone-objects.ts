import { revisionOf, type Baseline } from "./baseline.ts";
import { splitKey, verdictKey, type CheckRound, type CheckVerdict } from "./check-round.ts";
import { movedKeys } from "./moved-objects.ts";

/** What decides whether an object may be gone. */
export interface GoneArgs {
  readonly baseline: Baseline;
  /** The root Kustomization, such as `Kustomization flux-system/cluster-apps`. */
  readonly root?: string | undefined;
  /** Message for an expected object that is gone without a reason. */
  readonly gone: string;
  /** Objects that were removed on purpose, with the reason for each. */
  readonly removed?: Readonly<Record<string, string>>;
}

/**
 * A verdict on each expected object that is gone: `failed`, or `skipped` if there is a reason. An object that was moved to another namespace does not count as
 * gone.
 */
export function goneObjects(args: GoneArgs, round: CheckRound): readonly CheckVerdict[] {
  const { expected, excused } = args.baseline;
  const present = new Set(round.verdicts.map(verdictKey));
  const moved = movedKeys(new Set([...expected, ...excused]), round);
  return [...expected]
    .filter((key) => !present.has(key) && !moved.has(key))
    .map((key): CheckVerdict => {
      const reason = reasonFor(splitKey(key).object, args, round);
      return {
        ...splitKey(key),
        state: reason === undefined ? "failed" : "skipped",
        message: reason === undefined ? args.gone : `is gone: ${reason}`,
        own: false,
      };
    });
}

function reasonFor(
  object: string,
  { baseline, root, removed = {} }: GoneArgs,
  round: CheckRound,
): string | undefined {
  // If a Gatus endpoint is gone, the reason is that of its route.
  const [route = object] = object.split(" of ").slice(-1);
  const reason = removed[object] ?? removed[route];
  if (reason !== undefined) return reason;
  const revision = revisionOf(round, root);
  return baseline.revision !== null && revision !== undefined && revision !== baseline.revision
    ? `the repository changed from ${baseline.revision} to ${revision}`
    : undefined;
}
