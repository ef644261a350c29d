import { counted } from "../../lib/counted.ts";
import { describeObject } from "../../kube/objects.ts";
import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import { differences, type Difference } from "../gitops/flux/differences.ts";
import type { BuiltRepository } from "../gitops/flux/repository-build.ts";
import { asKubeObject } from "../lint/kube-object.ts";
import {
  byDanger,
  type Change,
  type ClusterPair,
  type Comparison,
  type Danger,
  type Obstacle,
} from "./change.ts";
import { definitionChange } from "./dangers/definition.ts";
import { deletion, removalOf } from "./dangers/deletion.ts";
import { immutableChange } from "./dangers/immutable.ts";
import { handoverOf, unsafeMove } from "./dangers/move.ts";
import { reinstallation } from "./dangers/reinstallation.ts";
import { whyMissing } from "./failing.ts";
import { newRelease, uninstallation } from "./dangers/helm.ts";
import { applierOf, idOf, untouchedBecause } from "./kustomizations.ts";
import { pairRenamed } from "./renamed.ts";

/** The field by which `differences` says that a different Kustomization applies the object. */
const MOVED = "(Kustomization)";

/** What a change to a repository does to the objects in each cluster. */
export function compare(before: BuiltRepository, after: BuiltRepository): Comparison {
  const names = [...new Set([...before.clusters, ...after.clusters].map(({ name }) => name))];
  const pairs = names.map((name) => ({ name, before: find(before, name), after: find(after, name) }));
  const uncertain = new Map<string, number>();
  const changes = pairs.flatMap((pair) => changesOf(pair, uncertain));
  return {
    clusters: names,
    changes: byDanger(changes),
    obstacles: pairs.flatMap(obstaclesOf),
    uncertain: [...uncertain].map(
      ([why, count]) => `${counted(count, "object")} not compared, because ${why}`,
    ),
    external: [...new Set([...before.external, ...after.external])],
  };
}

function find({ clusters }: BuiltRepository, name: string): BuiltCluster | undefined {
  return clusters.find((cluster) => cluster.name === name);
}

/** @param uncertain counts the objects that may only be missing because something could not be built, by reason */
function changesOf(pair: ClusterPair, uncertain: Map<string, number>): readonly Change[] {
  const { before, after } = pair;
  const certain = differences(before ? [before] : [], after ? [after] : []).filter((difference) => {
    const why = whyUncertain(difference, pair);
    if (why !== undefined) uncertain.set(why, (uncertain.get(why) ?? 0) + 1);
    return why === undefined;
  });
  return pairRenamed(certain).map((difference) => changeOf(difference, pair));
}

function whyUncertain({ before, after }: Difference, pair: ClusterPair): string | undefined {
  if (before && after) return undefined;
  const problem = before
    ? whyMissing(before, pair.before, pair.after)
    : after && whyMissing(after, pair.after, pair.before);
  if (problem === undefined) return undefined;
  const { file, line } = problem.position;
  return `${file}:${line} cannot be built ${before ? "after" : "before"} the change: ${problem.message}`;
}

function changeOf(difference: Difference, pair: ClusterPair): Change {
  const { before, after } = difference;
  const kept = after ?? before;
  if (!kept) throw new Error("a difference has neither side");
  const isMoved = difference.fields.includes(MOVED);
  const object = asKubeObject(kept.object);
  const isRenamed =
    before !== undefined && asKubeObject(before.object).metadata.name !== object.metadata.name;
  return {
    cluster: pair.name,
    kind: !before ? "added" : !after ? "removed" : isRenamed ? "renamed" : isMoved ? "moved" : "changed",
    object: describeObject(object),
    before,
    after,
    fields: difference.fields.filter((field) => field !== MOVED),
    ...assess({ before, after, isMoved, isRenamed }, pair),
  };
}

interface Facts {
  readonly before: BuiltObject | undefined;
  readonly after: BuiltObject | undefined;
  readonly isMoved: boolean;
  readonly isRenamed: boolean;
}

/** The dangers of a change, and what else to know about it. */
function assess(facts: Facts, pair: ClusterPair): Pick<Change, "dangers" | "notes"> {
  const { before, after, isMoved, isRenamed } = facts;
  const notes = [...suspension(facts), ...newRelease(facts)];
  if (!before || isRenamed) return { dangers: [], notes };
  if (!after) {
    const uninstalled = uninstallation(before, pair);
    if (uninstalled !== undefined) return { ...uninstalled, notes: [...uninstalled.notes, ...notes] };
    const removal = removalOf(before, pair);
    return removal.isDeleted
      ? { dangers: [deletion(before, removal)], notes }
      : { dangers: [], notes: [`It stays on the cluster: ${removal.reason}.`, ...notes] };
  }
  const dangers: Danger[] = [];
  if (isMoved) {
    const handover = handoverOf(before, after, pair);
    if (handover.isSafe) notes.push(`The move is safe: ${handover.reason}.`);
    else dangers.push(unsafeMove(before, after, handover));
  }
  const [old, next] = [asKubeObject(before.object), asKubeObject(after.object)];
  const mark = untouchedBecause(old, next);
  if (mark !== undefined) return { dangers, notes: [...notes, `Flux does not apply this change: ${mark}.`] };
  dangers.push(
    ...immutableChange(old, next, applierOf(after)),
    ...reinstallation(old, next),
    ...definitionChange(old, next),
  );
  return { dangers, notes };
}

/** A suspended Kustomization applies nothing until it is resumed. */
function suspension({ after }: Facts): string[] {
  const applier = applierOf(after);
  const isSuspended = (applier?.spec as { suspend?: unknown } | undefined)?.suspend === true;
  return applier && isSuspended
    ? [`Kustomization ${idOf(applier)} is suspended: Flux applies this when it is resumed.`]
    : [];
}

function obstaclesOf({ name, before, after }: ClusterPair): readonly Obstacle[] {
  const key = ({ position, message }: Obstacle["problem"]): string => `${position.file}: ${message}`;
  const old = new Map((before?.problems ?? []).map((problem) => [key(problem), problem]));
  const now = new Map((after?.problems ?? []).map((problem) => [key(problem), problem]));
  const gone = [...old].filter(([id]) => !now.has(id));
  return [
    ...[...now].map(
      ([id, problem]) => ({ cluster: name, side: old.has(id) ? "both" : "after", problem }) as const,
    ),
    ...gone.map(([, problem]) => ({ cluster: name, side: "before", problem }) as const),
  ];
}
