import type { Finding } from "../kube/client.ts";
import type { KubeObject } from "../kube/objects.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { GitopsRevision } from "./evidence.ts";
import type { UpstreamStack } from "./upstream.ts";

/** The `spec.ref` of a GitRepository or an OCIRepository. */
export type SourceReference = Readonly<Record<string, string>>;

/** The configured Flux source of this stack's repository. */
export interface PromotedSource {
  readonly kind: "GitRepository" | "OCIRepository";
  readonly url: string;
  readonly ref: Readonly<Record<string, string | undefined>>;
}

/** Arguments of {@link promote}. */
export interface PromotionArgs {
  /** The upstream stack to promote from, if it has verified this release. */
  readonly from: UpstreamStack | undefined;
  readonly source: PromotedSource;
  /** The live source; undefined if it does not exist yet. */
  readonly live: KubeObject | undefined;
  /** Whether the commit `newer` descends from `older`. @throws {EdgefirstError} if git cannot decide */
  readonly descendsFrom: (newer: string, older: string) => Promise<boolean>;
}

/** The outcome of a promotion. */
export interface Promotion {
  /** The reference to pin; undefined to keep the configured one. */
  readonly ref: SourceReference | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Pins the repository to the revision that the upstream stack has verified with this release. Both stacks must follow the same source and branch, and the
 * revision must descend from the live one. Otherwise the live pin stays, and an error gives the reason.
 *
 * For commits, the git history decides. Artifacts in a registry have no history, so an artifact counts as newer than those that the upstream stack verified
 * before it.
 */
export async function promote(args: PromotionArgs): Promise<Promotion> {
  const { from, live } = args;
  const kept = (live?.spec as { ref?: SourceReference } | undefined)?.ref;
  if (from === undefined) return { ref: kept, findings: [] };
  if (from.movement === "back")
    return {
      ref: kept,
      findings: [{ severity: "info", message: "Rolling back a release does not move the repository." }],
    };
  try {
    const ref = await pinFor(from, args);
    const message = `The repository is pinned to ${ref.commit ?? ref.digest ?? ""}, which ${from.stack} has verified. That covers only the paths that ${from.stack} builds.`;
    return { ref, findings: [{ severity: "info", message }] };
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    const { hint } = error;
    const message = `Cannot promote the repository from ${from.stack}: ${error.message.split("\n")[0] ?? ""}`;
    return {
      ref: kept,
      findings: [
        { severity: "error", message, hint: hint ?? "Fix it, or set edgefirst:promotion.pin to false." },
      ],
    };
  }
}

async function pinFor(
  from: UpstreamStack,
  { source, live, descendsFrom }: PromotionArgs,
): Promise<SourceReference> {
  const { gitops } = from.record;
  if (gitops === null) throw new EdgefirstError("its evidence names no revision of a repository.");
  if (gitops.kind !== source.kind || gitops.url !== source.url)
    throw new EdgefirstError(
      `it follows ${gitops.kind} ${gitops.url}, but this stack follows ${source.kind} ${source.url}.`,
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
      `it runs ${revision}, but this stack follows ${ref.branch === undefined ? "no branch" : `branch ${ref.branch}`}: both must follow the same branch.`,
    );
  const running = live === undefined ? undefined : parseGit(live).commit;
  if (running !== undefined && running !== commit && !(await descendsFrom(commit, running)))
    throw new EdgefirstError(
      `its commit ${commit} does not descend from ${running}, which this cluster runs, so the repository would move back.`,
      "Merge the commits that only this cluster has into the shared branch, and verify that branch on the upstream stack.",
    );
  return { branch, commit };
}

/** Parses source-controller's format: `main@sha1:<commit>`, or `sha1:<commit>` without a branch. */
function parseGit(revision: string): { branch: string | undefined; commit: string } {
  const [, branch, commit] = /^(?:(?:refs\/heads\/)?(.+)@)?sha1:([0-9a-f]{40})$/.exec(revision) ?? [];
  if (commit === undefined) throw new EdgefirstError(`${revision} is not a revision of a branch.`);
  return { branch, commit };
}

function pinDigest(
  { revision, url }: GitopsRevision,
  { evidence, stack }: UpstreamStack,
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
      `this cluster runs ${running}, which ${stack} has no record of verifying, so it is unknown whether ${digest} is newer.`,
      `Set the ref of edgefirst:flux.source to a digest that ${stack} has verified, run pulumi up once, then set edgefirst:promotion.pin to true.`,
    );
  if (runsAt < at)
    throw new EdgefirstError(
      `${stack} verified ${running}, which this cluster runs, after ${digest}, so the repository would move back.`,
      `Publish a new artifact and bring ${stack} up with it. To go back anyway, set edgefirst:promotion.pin to false and the digest in edgefirst:flux.source.`,
    );
  return { digest };
}

function digestOf(revision: string): string {
  const [, digest] = /(?:^|@)(sha256:[0-9a-f]{64})$/.exec(revision) ?? [];
  if (digest === undefined) throw new EdgefirstError(`${revision} names no digest.`);
  return digest;
}
