import { counted } from "../../../../lib/counted.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { originOf } from "../../../gitops/yaml/values.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { sameCluster } from "../../clusters.ts";
import { findDocument, idOf, nameOf, placeOf } from "../../objects.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import type { After, Failure, Step, StepContext } from "../../step.ts";
import { dataKindsOf, isData, pruneOf } from "./data.ts";
import { guardIndex, isGuarded, movingRoots, type MovingRoot } from "./root.ts";

/**
 * What the phases count on and the build does not have. Kustomize merges the lists of a kind without a schema by replacing them (kyaml, yaml/merge2), so that
 * a patch of the root with `spec.patches` undoes what its file says.
 */
export const unmet: NonNullable<Step["unmet"]> = (context, after) =>
  movingRoots(context.clusters, context.options).flatMap((moving) => {
    const { file } = moving.root.origin.source;
    const now = sameCluster(moving.cluster, after.clusters);
    const [next] = now ? movingRoots([now], context.options) : [];
    if (!next) return [];
    const phase = context.options.namespace.phases[moving.cluster.name] ?? "guard";
    const reason = after.changed.has(file) ? REASONS[phase](next) : undefined;
    const failures = reason === undefined ? [] : [{ message: reason, files: [file] }];
    return phase === "guard" ? [...failures, ...prunedData(next, context, after)] : failures;
  });

const REASONS = { guard: whyUnguarded, move: whyNotMoved, unguard: whyStillGuarded };

/** Why the guard does not reach every child; undefined if it does. */
export function whyUnguarded({ root, children }: MovingRoot): string | undefined {
  const bare = children.filter(({ object }) => !isGuarded(object));
  const [first] = bare;
  if (!first) return undefined;
  const what = `the guard would not reach ${listed(bare)}`;
  if (guardIndex(root.object) < 0) return `${what}: ${whatReplaces(root)}`;
  const policy = specOf(first.object).deletionPolicy;
  return policy === undefined
    ? `${what}: the patch in ${guardPlace(root)} does not select ${idOf(first.object)}: remove everything from its target but the kind`
    : `${what}: ${placeOf(first.object, ["spec", "deletionPolicy"])} sets its spec.deletionPolicy to ${scalarText(policy)}, in spite of the guard in ${guardPlace(root)}: remove that`;
}

/** Why patches leave children where they are; undefined if all of them move. */
export function whyNotMoved({ root, children, targetOf }: MovingRoot): string | undefined {
  const left = children.filter(({ object }) => nameOf(object).namespace !== targetOf(object));
  return left.length === 0 ? undefined : `the patches would not move ${listed(left)}: ${whatReplaces(root)}`;
}

function whyStillGuarded({ root }: MovingRoot): string | undefined {
  return guardIndex(root.object) < 0
    ? undefined
    : `the guard would stay, because it is in ${guardPlace(root)} too: remove it there`;
}

/** Why Flux may still prune an object whose file says that it must not; undefined if its file does not say so, or Flux may not. */
export function whyPruned(
  { object, origin }: Pick<BuiltObject, "object" | "origin">,
  repository: Repository,
): string | undefined {
  const { file } = origin.source;
  const written = repository.isFile(file) ? findDocument({ file, origin }, repository) : undefined;
  if (!written || pruneOf(written) !== "disabled" || pruneOf(object) === "disabled") return undefined;
  const place = placeOf(object, ["metadata", "annotations", PRUNE_ANNOTATION]);
  return `${place} sets its annotation ${PRUNE_ANNOTATION} to ${pruneOf(object) || "nothing"}: remove that`;
}

function prunedData({ cluster }: MovingRoot, context: StepContext, after: After): readonly Failure[] {
  const kinds = dataKindsOf(context);
  return cluster.objects
    .filter(({ object, origin }) => after.changed.has(origin.source.file) && isData(object, kinds))
    .flatMap((built) => {
      const reason = whyPruned(built, after.repository);
      const { object, origin } = built;
      const message = `${scalarText(object.kind)} ${idOf(object)} would not be kept: ${reason ?? ""}`;
      return reason === undefined ? [] : [{ message, files: [origin.source.file] }];
    });
}

/** The place that gives a root its patches, if that is not the root's own file. */
function whatReplaces({ object, origin }: BuiltObject): string {
  const { file } = origin.source;
  const { patches } = specOf(object);
  const list = Array.isArray(patches) ? originOf(patches) : undefined;
  if (list === undefined || list.source.file === file)
    return `the build of ${idOf(object)} does not have the spec.patches that are in ${file}: find what patches it`;
  return `${placeOf(object, ["spec", "patches"])} replaces the spec.patches of ${idOf(object)}, so that those in ${file} have no effect: move its patches to ${file}`;
}

const guardPlace = ({ object }: BuiltObject): string =>
  placeOf(object, ["spec", "patches", guardIndex(object)]);

function listed(children: readonly BuiltObject[]): string {
  const [first, ...others] = children.map(({ object }) => idOf(object));
  return `${first ?? ""}${others.length === 0 ? "" : ` and ${counted(others.length, "other child", "other children")}`}`;
}
