import { posix } from "node:path";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import type { BuildProblem } from "../gitops/problem.ts";
import { unknownPathTo } from "../gitops/flux/unknown-paths.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { isIn, isKustomizationFile } from "../gitops/yaml/paths.ts";
import { isMapping, type Mapping } from "../gitops/yaml/values.ts";
import { buildClusters, onlyHidesObjects } from "./build.ts";
import { differences, type Difference } from "../gitops/flux/differences.ts";
import { problemFailure, problemKey } from "./failure.ts";
import { forbiddenFailures, type Forbidden } from "./forbidden.ts";
import { idOf } from "./objects.ts";
import { sourceOf } from "./syntax-error.ts";
import { overlayChanges } from "./overlays.ts";
import { notApplied } from "./not-applied.ts";
import {
  noChangeAllowed,
  type After,
  type Failure,
  type Note,
  type Plan,
  type Step,
  type StepContext,
} from "./step.ts";

/** The result of comparing the builds before and after a step. */
export interface Proof {
  /** `unproven` if a changed file belongs to a Kustomization that cannot be built offline. */
  readonly status: "holds" | "fails" | "unproven";
  /** Intended changes to objects. */
  readonly intended: readonly Difference[];
  readonly failures: readonly Failure[];
  /** Changed files for which there is no proof, one sentence each. */
  readonly gaps: readonly string[];
  /** Changed files that no Kustomization reads, so they do not reach any cluster. */
  readonly unread: readonly string[];
  /** Changed files that a Kustomization may read whose path contains a variable that the repository does not define. */
  readonly maybeRead: readonly string[];
  /** What the clusters receive from the repository after the step. */
  readonly clusters: readonly BuiltCluster[];
}

/** A proof, and the state of the repository that it is about. */
export interface Proven {
  readonly proof: Proof;
  readonly after: Repository;
  /** What changes in overlays that no Flux Kustomization applies. */
  readonly notes: readonly Note[];
}

/** Builds the repository with a plan's changes, and checks that the step is allowed to make every resulting change. */
export function prove(step: Step, context: StepContext, plan: Plan): Proven {
  // Without a change, what is known about the repository holds for the next step, too.
  const after =
    plan.changes.length === 0
      ? context.repository
      : context.repository.with(new Map(plan.changes.map((change) => [change.path, sourceOf(change)])));
  const clusters = after === context.repository ? context.clusters : buildClusters(after);
  const live = withSurvivors(step, context, clusters, after);
  const intended: Difference[] = [];
  const changed = plan.changes.map(({ path }) => path);
  const problems = newProblems(context.clusters, live);
  const caused = new Set(problems.map(problemKey));
  const known = live.flatMap((one) => one.problems).filter((problem) => !caused.has(problemKey(problem)));
  const failures: Failure[] = problems.map((problem) =>
    problemFailure(problem, changed, context.repository, after),
  );
  const forbidden: Forbidden[] = [];
  for (const difference of differences(context.clusters, live)) {
    const reason = step.whyForbidden(difference.before, difference.after, context, live);
    if (reason === undefined) intended.push(difference);
    else forbidden.push({ ...difference, reason });
  }
  failures.push(...forbiddenFailures(forbidden, problems, live));
  failures.push(...unmet(step, context, { repository: after, clusters: live, changed: new Set(changed) }));
  const overlays = overlayChanges(context, after, changed, step.whyForbidden === noChangeAllowed);
  failures.push(...overlays.failures);
  const reach = [...reaches(context.clusters), ...reaches(live)];
  const read = new Set(reach.flatMap((files) => [...files]));
  const { unread = [], maybeRead = [] } = Object.groupBy(
    changed.filter((path) => !isRead(path, read)),
    (path) => (unknownPathTo(path, live, after) ? "maybeRead" : "unread"),
  );
  const gaps = [
    ...gapsOf(changed, reach, known, after),
    ...overlays.gaps,
    ...unread
      .filter((path) => isNewObject(path, changed, context.repository, after))
      .map((path) => notApplied(path, after, live)),
  ];
  const status = failures.length > 0 ? "fails" : gaps.length > 0 ? "unproven" : "holds";
  const proof = { status, intended, failures, gaps, unread, maybeRead, clusters } as const;
  return { proof, after, notes: overlays.notes };
}

function unmet(step: Step, context: StepContext, after: After): readonly Failure[] {
  return after.changed.size === 0 ? [] : (step.unmet?.(context, after) ?? []);
}

/** The clusters after the step, including the objects that survive on them after leaving the repository. */
function withSurvivors(
  { surviving }: Step,
  context: StepContext,
  clusters: readonly BuiltCluster[],
  after: Repository,
): readonly BuiltCluster[] {
  const orphans = [...(surviving?.(context) ?? [])].flatMap(([name, objects]) => {
    const held = clusters.find((cluster) => cluster.name === name)?.objects ?? [];
    const own = objects.filter(({ object }) => !held.some((other) => isSame(other.object, object)));
    return own.length === 0 ? [] : [[name, own] as const];
  });
  return orphans.length === 0 ? clusters : buildClusters(after, new Map(orphans));
}

function isSame(one: Mapping, other: Mapping): boolean {
  return one.kind === other.kind && idOf(one) === idOf(other);
}

/** A step must not break a build. */
function newProblems(
  before: readonly BuiltCluster[],
  after: readonly BuiltCluster[],
): readonly BuildProblem[] {
  const known = new Set(before.flatMap(({ problems }) => problems).map(problemKey));
  const problems = new Map(
    after.flatMap((cluster) => cluster.problems).map((problem) => [problemKey(problem), problem]),
  );
  return [...problems].filter(([message]) => !known.has(message)).map(([, problem]) => problem);
}

/** @param problems what could not be built before the step either; what only the step breaks is a failure and no gap */
function gapsOf(
  changed: readonly string[],
  reach: readonly ReadonlySet<string>[],
  problems: readonly BuildProblem[],
  repository: Repository,
): readonly string[] {
  const gaps = problems
    .filter(
      ({ isBuilt, readsNothing, ...problem }) =>
        isBuilt !== true && readsNothing !== true && !onlyHidesObjects(problem, repository),
    )
    .flatMap(({ message, position: { file, line } }) => {
      const readers = reach.filter((read) => isRead(file, read));
      return changed
        .filter((path) => readers.some((read) => isRead(path, read)) || mayRead(file, path, repository))
        .map((path) => `${path}: not proven, because ${file}:${line} cannot be built: ${message}`);
    });
  return [...new Set(gaps)];
}

/** Whether a step adds a file with objects for a cluster: without a Kustomization that reads it, what else the step changes lacks them. A file that moves is none. */
function isNewObject(
  path: string,
  changed: readonly string[],
  before: Repository,
  after: Repository,
): boolean {
  if (before.isFile(path) || !after.isFile(path) || isKustomizationFile(path)) return false;
  const removed = changed
    .filter((other) => !after.isFile(other))
    .flatMap((other) => objectsIn(other, before));
  return objectsIn(path, after).some((object) => !removed.some((former) => isSame(object, former)));
}

const objectsIn = (path: string, repository: Repository): readonly Mapping[] =>
  repository
    .parse(path)
    .documents.flatMap(({ value }) =>
      isMapping(value) && value.kind !== undefined && value.apiVersion !== undefined ? [value] : [],
    );

/** Whether a file that could not be read may include a path: the path is below the file's directory, or the file mentions it. */
function mayRead(file: string, path: string, repository: Repository): boolean {
  const directory = posix.dirname(file);
  const words = fileText(repository, file)?.split(/[\s"'[\]{},]+/) ?? [];
  return [".", ...words].some((word) => {
    const named = repository.resolve(directory, word);
    return named !== undefined && named !== "." && isIn(path, named);
  });
}

/** The files that each Kustomization reads, whether or not it can be built. */
function reaches(clusters: readonly BuiltCluster[]): readonly ReadonlySet<string>[] {
  return clusters.flatMap(({ kustomizations, objects }) => [
    ...kustomizations.map((kustomization) => kustomization.filesRead()),
    new Set(objects.map(({ origin }) => origin.source.file)),
  ]);
}

function isRead(path: string, read: ReadonlySet<string>): boolean {
  return read.has(path) || read.has(posix.dirname(path));
}
