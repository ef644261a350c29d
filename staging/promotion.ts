import type { Finding } from "../kube/client.ts";
import type { KubeObject } from "../kube/objects.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { GitopsRevision } from "./evidence.ts";
import type { Predecessor } from "./predecessor.ts";

/** What a source checks out, as in the `spec.ref` of a GitRepository or an OCIRepository. */
export type SourceReference = Readonly<Record<string, string>>;

/** The source of this stack's repository, as it is configured. */
export interface PromotedSource {
  readonly kind: "GitRepository" | "OCIRepository";
  readonly url: string;
  readonly ref: Readonly<Record<string, string | undefined>>;
}

/** Arguments of {@link promote}. */
export interface PromotionArgs {
  /** The stack before, where it has verified this release. */
  readonly from: Predecessor | undefined;
  readonly source: PromotedSource;
  /** The live source; undefined where there is none yet. */
  readonly live: KubeObject | undefined;
  /** Whether a commit descends from another one. @throws {EdgefirstError} where that cannot be known */
  readonly descendsFrom: (newer: string, older: string) => Promise<boolean>;
}

/** Where the repository goes. */
export interface Promotion {
  /** Undefined: as it is configured. */
  readonly ref: SourceReference | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Pins the repository to the revision that the stack before has verified with this release. Where that must not be, the live pin stays, and an error says why:
 * the source must be the same, a branch shared, and the revision no step back from the live one.
 *
 * A commit descends from another one by git's history. An artifact of a registry has no ancestors: it descends from those that the stack before had verified when it verified this one for the first time.
 */
export async function promote(args: PromotionArgs): Promise<Promotion> {
  const { from, live } = args;
  const kept = (live?.spec as { ref?: SourceReference } | undefined)?.ref;
  if (from === undefined) return { ref: kept, findings: [] };
  if (from.movement === "back")
    return {
      ref: kept,
      findings: [{ severity: "info", message: "A rollback of a release leaves the repository where it is." }],
    };
  try {
    const ref = await pinFor(from, args);
    const message = `The repository is pinned to ${ref.commit ?? ref.digest ?? ""}, which ${from.stack} has verified. That proves only the paths that ${from.stack} builds.`;
    return { ref, findings: [{ severity: "info", message }] };
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    const { hint } = error;
    const message = `The repository cannot be promoted from ${from.stack}: ${error.message.split("\n")[0] ?? ""}`;
    return {
      ref: kept,
      findings: [
        { severity: "error", message, hint: hint ?? "Mend that, or turn edgefirst:promotion.pin off." },
      ],
    };
  }
}

async function pinFor(
  from: Predecessor,
  { source, live, descendsFrom }: PromotionArgs,
): Promise<SourceReference> {
  const { gitops } = from.record;
  if (gitops === null) throw new EdgefirstError("no revision of a repository stands in its evidence.");
  if (gitops.kind !== source.kind || gitops.url !== source.url)
    throw new EdgefirstError(
      `it follows ${gitops.kind} ${gitops.url}, and this stack ${source.kind} ${source.url}.`,
    );
  const { artifact } = (live?.status ?? {}) as { artifact?: { revision: string } };
  return source.kind === "GitRepository"
    ? pinCommit(gitops.revision, source, artifact?.revision, descendsFrom)
    : pinDigest(gitops, from, artifact?.revision);
}

async function pinCommit(
  revision: string,
  { ref }: PromotedSource,
  live: string | undefined,
  descendsFrom: PromotionArgs["descendsFrom"],
): Promise<SourceReference> {
  const { branch, commit } = parseGit(revision);
  if (branch === undefined || branch !== ref.branch)
    throw new EdgefirstError(
      `it runs ${revision}, and this stack follows ${ref.branch === undefined ? "no branch" : `branch ${ref.branch}`}: both must follow one branch.`,
    );
  const running = live === undefined ? undefined : parseGit(live).commit;
  if (running !== undefined && running !== commit && !(await descendsFrom(commit, running)))
    throw new EdgefirstError(
      `its commit ${commit} does not descend from ${running}, which runs here: that would be a step back.`,
      "Bring the commits that only this cluster has to the shared branch, and let the stack before verify it.",
    );
  return { branch, commit };
}

/** As source-controller writes it: `main@sha1:<commit>`, or `sha1:<commit>` without a branch. */
function parseGit(revision: string): { branch: string | undefined; commit: string } {
  const [, branch, commit] = /^(?:(?:refs\/heads\/)?(.+)@)?sha1:([0-9a-f]{40})$/.exec(revision) ?? [];
  if (commit === undefined) throw new EdgefirstError(`${revision} is no revision of a branch.`);
  return { branch, commit };
}

function pinDigest(
  { revision, url }: GitopsRevision,
  { evidence, stack }: Predecessor,
  live: string | undefined,
): SourceReference {
  const digest = digestOf(revision);
  const running = live === undefined ? undefined : digestOf(live);
  if (running === undefined || running === digest) return { digest };
  const verified = evidence.revisions
    .filter((entry) => entry.url === url)
    .map((entry) => digestOf(entry.revision));
  const [at, runsAt] = [verified.indexOf(digest), verified.indexOf(running)];
  if (runsAt === -1)
    throw new EdgefirstError(
      `${running} runs here, and whether ${digest} is newer cannot be known: ${stack} does not remember to have verified it.`,
      `Set the ref of edgefirst:flux.source to a digest that ${stack} has verified, bring this stack up once, then turn edgefirst:promotion.pin on.`,
    );
  if (runsAt < at)
    throw new EdgefirstError(
      `${stack} verified ${running}, which runs here, after it had verified ${digest}: that would be a step back.`,
      `Publish what is to run as a new artifact and bring ${stack} up with it. To go back all the same, turn edgefirst:promotion.pin off and name the digest in edgefirst:flux.source.`,
    );
  return { digest };
}

function digestOf(revision: string): string {
  const [, digest] = /(?:^|@)(sha256:[0-9a-f]{64})$/.exec(revision) ?? [];
  if (digest === undefined) throw new EdgefirstError(`${revision} names no digest.`);
  return digest;
}
