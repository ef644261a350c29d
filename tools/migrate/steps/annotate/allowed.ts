import { isDeepStrictEqual } from "node:util";
import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION } from "../../../../kube/gatus-annotations.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { isEndpointMap, monitoringChange } from "./endpoints.ts";
import { whyUnwatched } from "./watching.ts";
import { sameCluster, clusterOf, indexOf } from "../../clusters.ts";
import { fieldsIn } from "../../objects.ts";
import type { Step } from "../../step.ts";

/** gatus-sidecar's annotations are added, endpoint ConfigMaps are removed, and every cluster keeps the same endpoints. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  const old = before && clusterOf(before, context.clusters);
  const now = sameCluster(old, clusters);
  if (!before || !old || !now) return "this step must not add objects";
  if (!after && !isEndpointMap(before.object)) return "this step may only remove ConfigMaps with endpoints";
  const unwatched = after ? undefined : whyUnwatched(now, context.options);
  if (unwatched !== undefined) return unwatched;
  if (after && !isDeepStrictEqual(unannotated(before.object), unannotated(after.object)))
    return "something other than gatus-sidecar's annotations has changed";
  return monitoringChange(indexOf(old), indexOf(now));
};

/** An object without gatus-sidecar's annotations, and without the mappings that contain nothing else. */
function unannotated(object: Mapping): unknown {
  if (object.kind !== "HelmRelease")
    return { ...object, metadata: withoutOwn(fieldsIn(object, ["metadata"])) };
  const values = fieldsIn(object, ["spec", "values"]);
  const routes = new Map<string, unknown>(
    Object.entries(fieldsIn(values, ["route"])).map(([key, route]) => [
      key,
      isMapping(route) ? withoutOwn(route) : route,
    ]),
  );
  return {
    ...object,
    spec: { ...fieldsIn(object, ["spec"]), values: { ...values, route: routes } },
  };
}

function withoutOwn(holder: Mapping): unknown {
  const kept = Object.entries(fieldsIn(holder, ["annotations"])).filter(
    ([key]) => key !== ENABLED_ANNOTATION && key !== ENDPOINT_ANNOTATION,
  );
  const rest = Object.fromEntries(Object.entries(holder).filter(([key]) => key !== "annotations"));
  return { ...rest, annotations: Object.fromEntries(kept) };
}
