import type { Fleet, SimStack } from "./fleet.ts";
import type { Ledger } from "./ledger.ts";
import { isForward } from "./promise.ts";
import { commitOf } from "./repository.ts";

/** An update that is about to pin the repository. */
export interface Pinning {
  readonly stack: SimStack;
  readonly release: string;
  readonly fleet: Fleet;
  /** The ledger of the stack. */
  readonly own: Ledger;
  readonly ledgers: ReadonlyMap<string, Ledger>;
  /** The commit; undefined if the update does not pin the repository. */
  readonly pin: string | undefined;
}

/**
 * A pin moves the repository only forward, to a commit with which the first upstream stack has verified the release, and never in a rollback.
 * @returns how a pin breaks this; undefined if it does not
 */
export function judgePin({ stack, release, fleet, own, ledgers, pin }: Pinning): string | undefined {
  const { name, after, slot } = stack;
  const current = commitOf(slot.cluster.revision);
  if (pin === undefined || pin === current) return undefined;
  const [from = ""] = after;
  const proofs = ledgers.get(from)?.attempts.filter((each) => each.release === release) ?? [];
  const isProven = proofs.some(
    ({ result, soaked, revisionAtEnd = "" }) =>
      result === "verified" && soaked !== undefined && commitOf(revisionAtEnd) === pin,
  );
  if (!isProven) return `it pins the repository to ${pin}, but ${from} has not verified it with that commit`;
  if (!fleet.repository.isAncestor(current, pin))
    return `it moves the repository back from ${current} to ${pin}`;
  const isBack =
    !isForward({ stack, release, fleet, own }) && fleet.backend.stack(name).outputs.release !== release;
  return isBack ? `the rollback moves the repository to ${pin}` : undefined;
}
