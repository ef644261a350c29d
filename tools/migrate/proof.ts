import type { Repository } from "../gitops/yaml/repository.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { BuildProblem } from "../gitops/problem.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { buildRepository } from "../gitops/flux/repository-build.ts";
import type { Mapping } from "../gitops/yaml/values.ts";
import { posix } from "node:path";
import { differences, type Difference } from "./differences.ts";
import { idOf } from "./objects.ts";
import type { Plan, Step, StepContext } from "./step.ts";

/** What the builds before and after say of a step. */
export interface Proof {
  /** `unproven` where a changed file belongs to a Kustomization that cannot be built offline. */
  readonly status: "holds" | "fails" | "unproven";
  /** Intended differences in what reaches the clusters. */
  readonly intended: readonly Difference[];
  /** Why the proof fails, a sentence each. */
  readonly failures: readonly string[];
  /** What keeps it from being had, a sentence each. */
  readonly gaps: readonly string[];
  /** Changed files that no Kustomization reads: nothing of them reaches a cluster. */
  readonly unread: readonly string[];
  /** What the repository makes of its clusters after the step. */
  readonly clusters: readonly BuiltCluster[];
}

/** Builds what a plan would leave, and holds what differs against the step's promise. */
export function prove(step: Step, context: StepContext, plan: Plan): { proof: Proof; after: Repository } {
  const after = context.repository.with(new Map(plan.changes.map(({ path, text }) => [path, text])));
  const { clusters } = plan.changes.length === 0 ? context : buildRepository(after);
  const live = withStanding(step, context, clusters, after);
  const intended: Difference[] = [];
  const failures = newProblems(context.clusters, live);
  for (const difference of differences(context.clusters, live)) {
    const reason = step.whyForbidden(difference.before, difference.after, context, live);
    if (reason === undefined) intended.push(difference);
    else failures.push(`${describe(difference)}: ${reason}`);
  }
  const changed = plan.changes.map(({ path }) => path);
  const reach = [...reaches(context.clusters), ...reaches(live)];
  const gaps = gapsOf(changed, reach, live, after);
  const read = new Set(reach.flatMap((files) => [...files]));
  const unread = changed.filter((path) => !isRead(path, read));
  const status = failures.length > 0 ? "fails" : gaps.length > 0 ? "unproven" : "holds";
  return { proof: { status, intended, failures, gaps, unread, clusters }, after };
}

/** The clusters with what outlives the step; as the repository makes them where nothing does. */
function withStanding(
  { surviving }: Step,
  context: StepContext,
  clusters: readonly BuiltCluster[],
  after: Repository,
): readonly BuiltCluster[] {
  const gone = [...(surviving?.(context) ?? [])].flatMap(([name, objects]) => {
    const held = clusters.find((cluster) => cluster.name === name)?.objects ?? [];
    const own = objects.filter(({ object }) => !held.some((other) => isSame(other.object, object)));
    return own.length === 0 ? [] : [[name, own] as const];
  });
  return gone.length === 0 ? clusters : buildRepository(after, { orphans: new Map(gone) }).clusters;
}

function isSame(one: Mapping, other: Mapping): boolean {
  return one.kind === other.kind && idOf(one) === idOf(other);
}

/** `kubernetes/edge: HelmRelease media/plex (spec.values.route) ` */
export function describe({ cluster, object, before, after, fields }: Difference): string {
  const how = before === undefined ? "added" : after === undefined ? "removed" : fields.join(", ");
  return `${cluster}: ${object} (${how})`;
}

/** A step that keeps something from being built has broken it. */
function newProblems(before: readonly BuiltCluster[], after: readonly BuiltCluster[]): string[] {
  const key = ({ message, position }: BuildProblem): string => `${position.file}: ${message}`;
  const known = new Set(before.flatMap(({ problems }) => problems).map(key));
  const problems = after.flatMap(({ problems }) => problems);
  return [...new Set(problems.map(key).filter((problem) => !known.has(problem)))];
}

function gapsOf(
  changed: readonly string[],
  reach: readonly ReadonlySet<string>[],
  clusters: readonly BuiltCluster[],
  repository: Repository,
): readonly string[] {
  const gaps = clusters
    .flatMap(({ problems }) => problems)
    .flatMap(({ message, position: { file, line } }) => {
      const readers = reach.filter((read) => isRead(file, read));
      return changed
        .filter((path) => readers.some((read) => isRead(path, read)) || mayRead(file, path, repository))
        .map((path) => `${path}: not built, since ${file}:${line}: ${message}`);
    });
  return [...new Set(gaps)];
}

/** Whether a file that could not be read may include another: it is in a directory above it, or contains its path. */
function mayRead(file: string, path: string, repository: Repository): boolean {
  const directory = posix.dirname(file);
  const words = fileText(repository, file)?.split(/[\s"'[\]{},]+/) ?? [];
  return [".", ...words].some((word) => {
    const named = repository.resolve(directory, word);
    return named !== undefined && named !== "." && (path === named || path.startsWith(`${named}/`));
  });
}

/** What each Kustomization reads, built or not. */
function reaches(clusters: readonly BuiltCluster[]): readonly ReadonlySet<string>[] {
  return clusters.flatMap(({ kustomizations, objects }) => [
    ...kustomizations.map((kustomization) => kustomization.filesRead()),
    new Set(objects.map(({ origin }) => origin.source.file)),
  ]);
}

function isRead(path: string, read: ReadonlySet<string>): boolean {
  return read.has(path) || read.has(posix.dirname(path));
}
