import { isDeepStrictEqual } from "node:util";
import { cloneValue, isFields, type Fields } from "../../documents/values.ts";
import type { BuiltCluster, BuiltObject } from "../../flux/built.ts";
import { KEEP } from "../annotate-kept.ts";
import { idOf } from "../objects.ts";
import { isFluxKustomization } from "../../flux/flux-kustomization.ts";
import type { Step } from "../step.ts";
import { handedOver, isKept } from "./objects.ts";

/**
 * What a handover may change: the guard of what is handed over; then that it goes, once it is guarded. What the root applies is out of
 * the repository's sight from then on, since the root is the stack's; while the root is there, it stays as it is.
 */
export const unintended: Step["unintended"] = (before, after, { clusters, options }, clustersAfter) => {
  const objects = clusters.flatMap((cluster) => handedOver(cluster, options));
  const wasHanded = before !== undefined && objects.some((one) => keyOf(one) === keyOf(before));
  if (before && wasHanded) {
    if (!after) return isKept(before.object) ? undefined : "it would be pruned: it has no guard";
    return isDeepStrictEqual(withoutGuard(before.object), withoutGuard(after.object))
      ? undefined
      : "only its guard changes";
  }
  const built = before ?? after;
  const remaining = new Set(clustersAfter.flatMap((cluster) => handedOver(cluster, options)).map(keyOf));
  const gone = objects.filter(
    (one) => isFluxKustomization(one.object) && isKept(one.object) && !remaining.has(keyOf(one)),
  );
  const below = new Set(clusters.flatMap((cluster) => keysBelow(gone, cluster)));
  return built && below.has(keyOf(built)) ? undefined : "it is not handed over";
};

/** The documents of what Kustomizations apply, and so on down. */
function keysBelow(roots: readonly BuiltObject[], { objects }: BuiltCluster): readonly string[] {
  const appliers = new Set(roots.map(({ object }) => idOf(object)));
  const below = new Set<BuiltObject>();
  for (let size = -1; size !== below.size;) {
    size = below.size;
    for (const built of objects) {
      if (!built.kustomization || !appliers.has(idOf(built.kustomization.object))) continue;
      below.add(built);
      if (isFluxKustomization(built.object)) appliers.add(idOf(built.object));
    }
  }
  return [...below].map(keyOf);
}

const keyOf = ({ origin }: BuiltObject): string => `${origin.source.file}:${origin.offset}`;

function withoutGuard(object: Fields): Fields {
  const copy = cloneValue(object);
  if (isFields(copy.spec)) delete copy.spec.deletionPolicy;
  const { metadata } = copy;
  if (!isFields(metadata) || !isFields(metadata.annotations)) return copy;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy of plain data
  delete metadata.annotations[KEEP];
  if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
  return copy;
}
