import { EdgefirstError } from "../../lib/errors.ts";
import { NO_DIRECTIVES, revocationOf, type Directives } from "../../staging/directives.ts";
import { readEvidence, standingOf, type Verification } from "../../staging/evidence.ts";

/** A stack and its outputs. */
export interface EvidenceSource {
  readonly stack: string;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** The holds and revocations that people have set on it. */
  readonly directives?: Directives;
}

/** Arguments of {@link rollbackTarget}. */
export interface RollbackArgs {
  readonly stack: EvidenceSource;
  /** Its upstream stacks. Without any, its own evidence decides. */
  readonly upstream: readonly EvidenceSource[];
  /** A release or a commit, or a prefix of either; by default the latest release older than the current one. */
  readonly to?: string | undefined;
}

/** An older release to roll back to. */
export interface RollbackTarget {
  readonly release: string;
  /** The project's commit to check out. */
  readonly commit: string;
  /** Which stacks verified it, and when. */
  readonly verified: readonly { readonly stack: string; readonly time: string }[];
}

/**
 * Finds the release to roll a stack back to: one that every upstream stack has verified and not revoked, from a clean commit.
 * @throws {EdgefirstError} if none qualifies, or the requested one does not
 */
export function rollbackTarget({ stack, upstream, to }: RollbackArgs): RollbackTarget {
  const sources = upstream.length > 0 ? upstream : [stack];
  const proofs = sources.map(proofsOf);
  const [first = []] = proofs;
  const { directives = NO_DIRECTIVES } = stack;
  const shared = first.filter(
    ({ release }) =>
      revocationOf(directives, release) === undefined &&
      proofs.every((releases) => releases.some((entry) => entry.release === release)),
  );
  const record =
    to === undefined
      ? previous(shared, stack.outputs.release, sources)
      : named(shared, to, sources, revokedByHand(to, [stack, ...sources]));
  if (record.commit === null || record.dirty)
    throw new EdgefirstError(
      `Release ${record.release} was verified from a checkout ${record.commit === null ? "outside a git repository" : "with uncommitted changes"}, so it cannot be checked out again.`,
      "Name another release with --to.",
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

function proofsOf({ stack, outputs, directives = NO_DIRECTIVES }: EvidenceSource): readonly Verification[] {
  const read = readEvidence(stack, outputs);
  if (read.state === "present")
    return read.evidence.verified.filter(({ release }) => revocationOf(directives, release) === undefined);
  throw new EdgefirstError(read.message, "Without evidence there is no older release to roll back to.");
}

/** The latest one older than the current release; if the current release was never verified, the latest of all. */
function previous(
  shared: readonly Verification[],
  current: unknown,
  sources: readonly EvidenceSource[],
): Verification {
  const older = shared.slice(shared.findIndex(({ release }) => release === current) + 1);
  const found = older.find(({ commit, dirty }) => commit !== null && !dirty) ?? older[0];
  if (found !== undefined) return found;
  throw new EdgefirstError(
    `No older release was verified by ${names(sources)}.`,
    "A stack keeps its last ten verified releases; edgefirst status --json lists them.",
  );
}

function named(
  shared: readonly Verification[],
  wanted: string,
  sources: readonly EvidenceSource[],
  byHand: string | undefined,
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
      ? `${wanted} matches more than one release: ${matches.map(({ release }) => release).join(", ")}.`
      : revoked !== undefined
        ? `${revoked.stack} failed to verify ${wanted}, so the stack cannot be rolled back to it.`
        : `${names(sources)} never verified ${wanted}, so the stack cannot be rolled back to it.`;
  throw new EdgefirstError(
    byHand ?? why,
    `Verified releases: ${shared.map(({ release, commit }) => `${release} (commit ${commit?.slice(0, 12) ?? "unknown"})`).join(", ") || "none"}.`,
  );
}

/** The reason given for revoking the release, as a sentence. */
function revokedByHand(wanted: string, sources: readonly EvidenceSource[]): string | undefined {
  for (const { stack, directives = NO_DIRECTIVES } of sources)
    for (const { release = "", by, time, reason } of directives.entries)
      if (release.startsWith(wanted) && revocationOf(directives, release) !== undefined)
        return `Release ${release} was revoked on stack ${stack} by ${by} at ${time}: ${reason}`;
  return undefined;
}

function names(sources: readonly EvidenceSource[]): string {
  return sources.map(({ stack }) => stack).join(" and ");
}
