import { EdgefirstError } from "../../lib/errors.ts";
import { readEvidence, standingOf, type Verification } from "../../staging/evidence.ts";

/** A stack and its outputs. */
export interface EvidenceSource {
  readonly stack: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Arguments of {@link rollbackTarget}. */
export interface RollbackArgs {
  readonly stack: EvidenceSource;
  /** The stacks that it comes after. With none, its own evidence decides. */
  readonly before: readonly EvidenceSource[];
  /** A release or a commit, each possibly cut short; by default the latest release that is older than the present one. */
  readonly to?: string | undefined;
}

/** An older release that may be rolled back to. */
export interface RollbackTarget {
  readonly release: string;
  /** Commit of the project to check out. */
  readonly commit: string;
  /** Who verified it, and when. */
  readonly verified: readonly { readonly stack: string; readonly time: string }[];
}

/**
 * Finds the release to roll a stack back to: one that every stack before it has verified and not revoked, and that a commit holds.
 * @throws {EdgefirstError} where there is none, or the one asked for is not
 */
export function rollbackTarget({ stack, before, to }: RollbackArgs): RollbackTarget {
  const sources = before.length > 0 ? before : [stack];
  const proofs = sources.map(proofsOf);
  const [first = []] = proofs;
  const shared = first.filter(({ release }) =>
    proofs.every((releases) => releases.some((entry) => entry.release === release)),
  );
  const record =
    to === undefined ? previous(shared, stack.outputs.release, sources) : named(shared, to, sources);
  if (record.commit === null || record.dirty)
    throw new EdgefirstError(
      `The release ${record.release} was verified from a checkout ${record.commit === null ? "outside of git" : "with changes that no commit holds"}.`,
      "It cannot be checked out again; name another one with --to.",
    );
  return {
    release: record.release,
    commit: record.commit,
    verified: sources.map(({ stack: name }, index) => ({
      stack: name,
      time: proofs[index]?.find(({ release }) => release === record.release)?.time ?? "",
    })),
  };
}

function proofsOf({ stack, outputs }: EvidenceSource): readonly Verification[] {
  const read = readEvidence(stack, outputs);
  if (read.state === "present") return read.evidence.verified;
  throw new EdgefirstError(read.message, "Nothing is known of older releases that were verified.");
}

/** The latest one older than the present release; where that was never verified, the latest of all. */
function previous(
  shared: readonly Verification[],
  current: unknown,
  sources: readonly EvidenceSource[],
): Verification {
  const older = shared.slice(shared.findIndex(({ release }) => release === current) + 1);
  const found = older.find(({ commit, dirty }) => commit !== null && !dirty) ?? older[0];
  if (found !== undefined) return found;
  throw new EdgefirstError(
    `There is no older release that ${names(sources)} verified.`,
    "A stack remembers its last ten verified releases; edgefirst status --json shows what there is.",
  );
}

function named(
  shared: readonly Verification[],
  wanted: string,
  sources: readonly EvidenceSource[],
): Verification {
  const matches = shared.filter(
    ({ release, commit }) => release.startsWith(wanted) || commit?.startsWith(wanted) === true,
  );
  const [found, another] = matches;
  if (found !== undefined && another === undefined) return found;
  const revoked = sources.find(({ stack, outputs }) => {
    const read = readEvidence(stack, outputs);
    return read.state === "present" && standingOf(read.evidence, wanted).state === "revoked";
  });
  const why =
    found !== undefined
      ? `${wanted} stands for more than one release: ${matches.map(({ release }) => release).join(", ")}.`
      : revoked !== undefined
        ? `The verification of ${wanted} on ${revoked.stack} failed, so it is no release to go back to.`
        : `${names(sources)} never verified ${wanted}, so it is no release to go back to.`;
  throw new EdgefirstError(
    why,
    `Verified are: ${shared.map(({ release, commit }) => `${release} (commit ${commit?.slice(0, 12) ?? "unknown"})`).join(", ") || "none"}.`,
  );
}

function names(sources: readonly EvidenceSource[]): string {
  return sources.map(({ stack }) => stack).join(" and ");
}
