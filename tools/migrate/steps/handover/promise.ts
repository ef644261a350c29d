import { isDeepStrictEqual } from "node:util";
import { cloneValue, isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { KEEP } from "../../annotate-kept.ts";
import type { Step } from "../../step.ts";
import { handedOver, isKept } from "./objects.ts";

/** What a handover may change: the guard of what is handed over; then that it goes, once it is guarded. What that applies stays as it is. */
export const unintended: Step["unintended"] = (before, after, { clusters, options }) => {
  const objects = clusters.flatMap((cluster) => handedOver(cluster, options));
  if (!before || !objects.some((one) => keyOf(one) === keyOf(before))) return "it is not handed over";
  if (!after) return isKept(before.object) ? undefined : "it would be pruned: it has no guard";
  return isDeepStrictEqual(withoutGuard(before.object), withoutGuard(after.object))
    ? undefined
    : "only its guard changes";
};

const keyOf = ({ origin }: BuiltObject): string => `${origin.source.file}:${origin.offset}`;

function withoutGuard(object: Mapping): Mapping {
  const copy = cloneValue(object);
  if (isMapping(copy.spec)) delete copy.spec.deletionPolicy;
  const { metadata } = copy;
  if (!isMapping(metadata) || !isMapping(metadata.annotations)) return copy;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy of plain data
  delete metadata.annotations[KEEP];
  if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
  return copy;
}
