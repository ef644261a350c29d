import { distinct } from "../../lib/distinct.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { counted, firstOf } from "../../lib/counted.ts";
import { EdgefirstError, messageOf } from "../../lib/errors.ts";
import { CLUSTERS_FILE } from "../gitops/flux/owner-clusters.ts";
import { openPaths, type OpenPath } from "../gitops/flux/unknown-paths.ts";
import { otherTop, type OtherTop } from "../gitops/flux/wrong-directory.ts";
import { onlyHidesObjects } from "./build.ts";
import { withFirstColumn } from "./first-column.ts";
import { markNotes } from "./lost-marks.ts";
import { encryptedFiles } from "./encrypted.ts";
import { failedUpgradeNotes } from "./failed-upgrades.ts";
import { generatedFileNotes } from "./generated-files.ts";
import { ownFileNotes } from "./own-file-notes.ts";
import { readersOfRemoved } from "./path-notes.ts";
import { silentLosses } from "./silent-losses.ts";
import { schemaNotes, withSchemaComments } from "./schema-comments.ts";
import { syntaxErrorOf } from "./syntax-error.ts";
import { refusal, refusedFiles } from "./refused-files.ts";
import { prove, type Proof } from "./proof.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "./step.ts";

/** What a step would do, and what is proven about it. */
export interface StepResult {
  readonly step: Step;
  readonly plan: Plan;
  readonly proof: Proof;
  /** The repository with the step's changes. */
  readonly after: Repository;
  /** What could not be checked, one sentence each. */
  readonly unseen: readonly string[];
  /** From how many Kustomizations Flux's own packages have built the same objects, before and after the step; absent unless that was asked for. */
  readonly byFlux?: BuildsByFlux;
}

/** Numbers of Kustomizations. */
export interface BuildsByFlux {
  readonly before: number;
  readonly after: number;
  /** Builds before or after from which Flux has not built the same objects. */
  readonly others: number;
}

/** How many times a step is planned again, each time without the files that its proof does not allow. */
export const MAX_ATTEMPTS = 20;

/**
 * Plans a step and proves it; writes nothing. Files that SOPS has encrypted are skipped, and so are files whose change the proof does not
 * allow: one object that cannot be moved does not stop the others.
 */
export function runStep(step: Step, context: StepContext): StepResult {
  try {
    return attempt(step, context);
  } catch (error) {
    if (error instanceof EdgefirstError) throw error;
    return crashed(step, context, error);
  }
}

function attempt(step: Step, context: StepContext): StepResult {
  const excluded = new Map<string, Note>();
  const selected = (path: string): boolean => context.selected(path) && !excluded.has(path);
  for (let round = 0; ; round++) {
    const given = { ...context, selected, isRefused: (path: string) => excluded.has(path) };
    const planned = step.plan(given);
    const changes = withSchemaComments(changesOf(planned, given), context.repository);
    const encrypted = encryptedFiles(context.repository, changes);
    const silent = silentLosses(step, changes, planned.notes, given);
    const unsafe = new Map([
      ...silent.refused,
      ...encrypted,
      ...invalidFiles(changes),
      ...changedTwice(changes),
    ]);
    for (const [path, note] of unsafe) excluded.set(path, note);
    if (unsafe.size > 0) continue;
    const marks = [...markNotes(changes, context.repository), ...schemaNotes(changes, context.repository)];
    const generated = generatedFileNotes(changes, context.repository);
    const notes = distinct([
      ...planned.notes,
      ...[...excluded.values(), ...silent.notes, ...marks, ...generated],
    ]);
    const plan = { ...(planned.live && { live: planned.live }), notes, changes };
    const { notes: unapplied, ...result } = prove(step, given, plan);
    const refused =
      round < MAX_ATTEMPTS ? refusedFiles(result.proof.failures, changes) : new Map<string, Note>();
    if (refused.size === 0) {
      const unseen = [...unseenBy(step, context), ...(planned.unseen ?? [])];
      const readers = readersOfRemoved(changes, result.after, notes, context);
      // An object that several kustomizations include, or several clusters receive, needs no second note.
      const upgrades = failedUpgradeNotes(result.proof.intended, context);
      const said = distinct([...notes, ...unapplied, ...readers, ...upgrades]);
      const all = [...said, ...ownFileNotes(said, [...(plan.live ?? step.live), ...unseen], context)];
      return { step, plan: { ...plan, notes: all }, ...result, unseen };
    }
    for (const [path, note] of refused) excluded.set(path, note);
  }
}

/** Changed files that would no longer be valid YAML. That is a bug in the step; only these files are skipped. */
function invalidFiles(changes: readonly FileChange[]): ReadonlyMap<string, Note> {
  const invalid = new Map<string, Note>();
  for (const change of changes) {
    const error = syntaxErrorOf(change);
    if (error !== undefined)
      invalid.set(
        change.path,
        refusal(change.path, `the step would turn the file into invalid YAML: ${error}`),
      );
  }
  return invalid;
}

/** Files to which a step makes two changes, one of which would be lost. That is a bug in the step; only these files are skipped. */
function changedTwice(changes: readonly FileChange[]): ReadonlyMap<string, Note> {
  const reason = "the step would change the file twice, and lose the first change; report this as a bug";
  const twice = [...Map.groupBy(changes, ({ path }) => path)].filter(([, ofPath]) => ofPath.length > 1);
  return new Map(twice.map(([path]) => [path, refusal(path, reason)]));
}

/** The changes to selected files that differ from the current text. */
function changesOf({ changes }: Plan, { selected, repository }: StepContext): readonly FileChange[] {
  return withFirstColumn(
    changes.filter(({ path }) => selected(path)),
    repository,
  ).filter(({ path, text }) => text !== fileText(repository, path));
}

/** The entries and files that could not be built; if the step only reads files, only whether the paths of Kustomizations lead anywhere. */
function unseenBy({ reads }: Step, { clusters, repository }: StepContext): readonly string[] {
  const top = otherTop(repository);
  if (top !== undefined) return [whyWrongDirectory(top)];
  if (reads === "files") return [];
  const lines = clusters
    .flatMap((cluster) => cluster.problems)
    .map((problem) => {
      const { file, line } = problem.position;
      const extent = onlyHidesObjects(problem, repository)
        ? "; only what this entry adds is not checked"
        : "";
      return `${file}:${line}: ${problem.message}${extent}`;
    });
  return [...new Set([...lines, ...openPaths(clusters, repository).map(whyOpen)])];
}

/** Why a path with unknown variables is not checked, and what the owner can do about it. */
function whyOpen({ position: { file, line }, id, path, directories, example, definedIn }: OpenPath): string {
  const definition =
    definedIn === undefined
      ? "this repository does not define"
      : `are defined only where a cluster is known, as in ${definedIn}`;
  return `${file}:${line}: Kustomization ${id} builds ${path}, whose variables ${definition}, and no other one builds ${firstOf(directories)}: name each of them that a cluster builds in ${CLUSTERS_FILE}, for example \`clusters: { ${example}: ${directories[0] ?? ""} }\``;
}

function whyWrongDirectory({ directory, found, paths, position: { file, line } }: OtherTop): string {
  return `${file}:${line}: no path of a Flux Kustomization exists here, but ${found} of the ${counted(paths, "path")} ${found === 1 ? "exists" : "exist"} below ${directory}: pass that directory instead of this one`;
}

/** A bug in one step must not hide the others. */
function crashed(step: Step, { repository, clusters }: StepContext, error: unknown): StepResult {
  const message = messageOf(error);
  return {
    step,
    plan: { changes: [], notes: [] },
    proof: { status: "holds", intended: [], failures: [], gaps: [], unread: [], maybeRead: [], clusters },
    after: repository,
    unseen: [`the step ${step.id} failed with an internal error (${message}); report it as a bug`],
  };
}

/** Runs a step on the result of the previous one. */
export type RunStep = (step: Step, context: StepContext) => StepResult | Promise<StepResult>;

/** Whether the next step starts from a result; otherwise its changes are left out. */
export type IsWritable = (result: StepResult) => boolean;

/** Runs steps in order, each on the result of the previous one. Changes that must not be written are left out. */
export function runSteps(...args: Parameters<typeof eachStep>): readonly StepResult[] {
  return [...eachStep(...args)];
}

/** Like {@link runSteps}, one result at a time: a caller that keeps no result needs memory for two builds of the repository, not for all. */
export function* eachStep(
  steps: readonly Step[],
  context: StepContext,
  isWritable: IsWritable = ({ proof }) => proof.status !== "fails",
): Generator<StepResult, void, undefined> {
  let next = context;
  for (const step of steps) {
    const result = runStep(step, next);
    if (isWritable(result)) next = contextAfter(result, next);
    yield result;
  }
}

/** Like {@link runSteps}, with another way to run a step: one that also renders charts, or builds with Flux's own packages. */
export async function runStepsWith(
  run: RunStep,
  steps: readonly Step[],
  context: StepContext,
  isWritable: IsWritable,
): Promise<readonly StepResult[]> {
  let next = context;
  const results: StepResult[] = [];
  for (const step of steps) {
    const result = await run(step, next);
    if (isWritable(result)) next = contextAfter(result, next);
    results.push(result);
  }
  return results;
}

function contextAfter({ after, proof }: StepResult, context: StepContext): StepContext {
  return { ...context, repository: after, clusters: proof.clusters };
}
