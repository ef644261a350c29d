import { omit } from "../../lib/omit.ts";
import { Masker } from "./mask.ts";
import { objectDiff } from "./object-diff.ts";
import { DANGER_KINDS, type Change, type ChangeKind, type Comparison, type Danger } from "./change.ts";
import type { BuiltRepository } from "../gitops/flux/repository-build.ts";
import { applierOf, idOf } from "./kustomizations.ts";
import { compare } from "./compare.ts";
import { releaseOf, type RenderedSides } from "./rendered.ts";

/** A change as a reader sees it: the same change in several clusters is one entry. */
export interface Entry {
  readonly clusters: readonly string[];
  readonly kind: ChangeKind;
  readonly object: string;
  /** `namespace/name` of the Kustomization that applied the object before; empty without Flux. */
  readonly appliedBefore: string;
  readonly appliedAfter: string;
  /** `HelmRelease namespace/name`, if a chart renders the object. */
  readonly release?: string;
  readonly fields: readonly string[];
  readonly dangers: readonly Danger[];
  readonly notes: readonly string[];
  /** Lines of a unified diff, with masked secrets. */
  readonly diff: readonly string[];
}

/** A problem on one side or both, with the clusters that have it. */
export interface ReportedObstacle {
  readonly clusters: readonly string[];
  readonly side: "before" | "after" | "both";
  /** `file:line` */
  readonly position: string;
  readonly message: string;
  /** Whether the object is built, but refused by Flux or the API server. */
  readonly isBuilt: boolean;
}

/** Everything that `edgefirst diff` reports. */
export interface DiffReport {
  /** What was compared, for a title: a revision or a directory. */
  readonly before: string;
  readonly after: string;
  readonly clusters: readonly string[];
  /** The dangerous first. */
  readonly entries: readonly Entry[];
  readonly obstacles: readonly ReportedObstacle[];
  /** See {@link Comparison}. */
  readonly uncertain: readonly string[];
  readonly external: readonly string[];
  /** What charts render on each side, if that was asked for. */
  readonly rendering?: RenderedSides["rendering"];
}

/** Compares two builds, and writes the differences without secrets. */
export function report(
  names: Pick<DiffReport, "before" | "after">,
  before: BuiltRepository,
  after: BuiltRepository,
  rendered?: Pick<RenderedSides, "rendering" | "uncertain">,
): DiffReport {
  const masker = new Masker([...before.clusters, ...after.clusters].flatMap(({ objects }) => objects));
  const comparison = compare(before, after);
  return {
    ...names,
    clusters: comparison.clusters,
    entries: entriesOf(comparison.changes, masker),
    obstacles: obstaclesOf(comparison, masker),
    uncertain: [...comparison.uncertain, ...(rendered?.uncertain ?? [])].map((line) => masker.text(line)),
    external: comparison.external,
    ...(rendered && { rendering: rendered.rendering }),
  };
}

function entriesOf(changes: readonly Change[], masker: Masker): readonly Entry[] {
  const entries = changes.map((change) => entryOf(change, masker));
  const same = Map.groupBy(entries, (entry) => JSON.stringify(omit(entry, "clusters")));
  return [...same.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, clusters: [first, ...others].flatMap(({ clusters }) => clusters) }] : [],
  );
}

function entryOf(
  { cluster, kind, object, before, after, fields, dangers, notes }: Change,
  masker: Masker,
): Entry {
  const [old, next] = [applierOf(before), applierOf(after)];
  const release = releaseOf(after ?? before);
  return {
    clusters: [cluster],
    kind,
    object,
    appliedBefore: old ? idOf(old) : "",
    appliedAfter: next ? idOf(next) : "",
    ...(release !== undefined && { release }),
    fields,
    dangers: dangers.map((danger) => ({ ...danger, message: masker.text(danger.message) })),
    notes,
    diff: objectDiff(before, after, masker),
  };
}

function obstaclesOf({ obstacles }: Comparison, masker: Masker): readonly ReportedObstacle[] {
  const same = Map.groupBy(obstacles, ({ side, problem: { position, message } }) =>
    JSON.stringify([side, position, message]),
  );
  return [...same.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const { side, problem } = first;
    const { file, line } = problem.position;
    return [
      {
        clusters: [first, ...others].map(({ cluster }) => cluster),
        side,
        position: `${file}:${line}`,
        message: masker.text(problem.message),
        isBuilt: problem.isBuilt === true,
      },
    ];
  });
}

/** Number of dangers of each kind, the worst first; only kinds that occur. */
export function dangerCounts({ entries }: DiffReport): ReadonlyMap<Danger["kind"], number> {
  const kinds = entries.flatMap(({ dangers }) => dangers.map(({ kind }) => kind));
  const counts = DANGER_KINDS.map((kind) => [kind, kinds.filter((one) => one === kind).length] as const);
  return new Map(counts.filter(([, count]) => count > 0));
}

/** Whether anything that Flux applies differs. */
export function isDifferent({ entries }: DiffReport): boolean {
  return entries.length > 0;
}

/** Whether part of a side could not be built or compared. */
export function isIncomplete({ obstacles, uncertain }: DiffReport): boolean {
  return uncertain.length > 0 || obstacles.some(({ isBuilt }) => !isBuilt);
}
