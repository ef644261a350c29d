import { revisionChange, revisionOf, type Baseline } from "./baseline.ts";
import { absentFrom, splitKey, type CheckRound, type CheckVerdict } from "./check-round.ts";
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
  const { expected, excused, gone = new Map<string, string>() } = args.baseline;
  const moved = movedKeys(new Set([...expected, ...excused]), round);
  const verdictOn = (key: string, reason: string | undefined): CheckVerdict => ({
    ...splitKey(key),
    state: reason === undefined ? "failed" : "skipped",
    message: reason === undefined ? args.gone : `is gone: ${reason}`,
    own: false,
  });
  return [
    ...absentFrom(round, expected.difference(moved)).map((key) =>
      verdictOn(key, reasonFor(splitKey(key).object, args, round)),
    ),
    ...absentFrom(round, gone.keys()).map((key) => verdictOn(key, gone.get(key))),
  ];
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
    ? revisionChange(baseline.revision, revision)
    : undefined;
}
