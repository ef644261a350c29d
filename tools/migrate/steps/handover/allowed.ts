import { isDeepStrictEqual } from "node:util";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import type { Step } from "../../step.ts";
import { withoutFields } from "../../without-fields.ts";
import { handedOver, isKept } from "./objects.ts";

/** What a handover may change: the guard of what is handed over; then that it goes, once it is guarded. What that applies stays as it is. */
export const whyForbidden: Step["whyForbidden"] = (before, after, { clusters, options }) => {
  const objects = clusters.flatMap((cluster) => handedOver(cluster, options));
  if (!before || !objects.some((one) => keyOf(one) === keyOf(before))) return "it is not handed over";
  if (!after) return isKept(before.object) ? undefined : "it would be pruned: it has no guard";
  return isDeepStrictEqual(withoutGuard(before.object), withoutGuard(after.object))
    ? undefined
    : "only its guard changes";
};

const keyOf = ({ origin }: BuiltObject): string => `${origin.source.file}:${origin.offset}`;

const withoutGuard = (object: Mapping): Mapping =>
  withoutFields(object, [
    ["spec", "deletionPolicy"],
    ["metadata", "annotations", PRUNE_ANNOTATION],
  ]);
