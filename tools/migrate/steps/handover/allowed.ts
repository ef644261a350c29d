import { isDeepStrictEqual } from "node:util";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { originKey } from "../../../gitops/yaml/source.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { clusterOf } from "../../clusters.ts";
import { whyTooOld } from "../../flux-version.ts";
import { isGuarded } from "../namespace/root.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import type { Step } from "../../step.ts";
import { withoutFields } from "../../without-fields.ts";
import { handedOver, isKept } from "./objects.ts";

/** First the guards change; later, guarded objects leave the repository. What the root applies must stay the same. */
export const whyForbidden: Step["whyForbidden"] = (before, after, { clusters, options, repository }) => {
  const objects = clusters.flatMap((cluster) => handedOver(cluster, options));
  if (!before || !objects.some((one) => originKey(one.origin) === originKey(before.origin)))
    return "it is not part of the handover";
  if (!after) return isKept(before.object) ? undefined : "Flux would prune it: it has no guard";
  const cluster = clusterOf(before, clusters);
  const tooOld = cluster && whyTooOld(cluster, "deletionPolicy", repository);
  if (tooOld !== undefined && isFluxKustomization(after.object) && isGuarded(after.object)) return tooOld;
  return isDeepStrictEqual(withoutGuard(before.object), withoutGuard(after.object))
    ? undefined
    : "something other than its guard has changed";
};

const withoutGuard = (object: Mapping): Mapping =>
  withoutFields(object, [
    ["spec", "deletionPolicy"],
    ["metadata", "annotations", PRUNE_ANNOTATION],
  ]);
