import type { BuiltCluster, BuiltObject } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping } from "../../../../gitops/yaml/values.ts";
import { sameCluster, clusterOf } from "../../../clusters.ts";
import { fieldAt, fieldsIn } from "../../../objects.ts";
import type { Step, StepContext } from "../../../step.ts";
import { isRelease } from "../../oci/artifact.ts";
import { rendered } from "../reading/hosts.ts";
import { isHttpRoute, isIngress } from "../reading/kinds.ts";
import { whyMeeting } from "../meetings/meetings.ts";
import { whyReordered } from "../meetings/order.ts";
import { ROUTE } from "../release/values.ts";
import { newObjectViolation } from "./new-object-violations.ts";
import { isNewKind } from "../routes/new-objects.ts";
import { additionViolation, releaseViolation, removalViolation } from "./violations.ts";

/** Every request gets the same answer as before, from a route instead of an Ingress; nothing else changes. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  if (before && after && isRelease(before.object))
    return releaseViolation(before, after.object, context) ?? orderViolation(after, context, clusters);
  if (before && !after && isIngress(before.object)) return removalViolation(before, context, clusters);
  if (!before && after && isHttpRoute(after.object))
    return additionViolation(after, context, clusters) ?? orderViolation(after, context, clusters);
  if (!before && after && isNewKind(after.object)) return newObjectViolation(after, context, clusters);
  return "this step may only change Ingresses and routes";
};

/** Why requests to the new routes' hosts would be answered by a different rule than before. */
function orderViolation(
  changed: BuiltObject,
  context: StepContext,
  clusters: readonly BuiltCluster[],
): string | undefined {
  const after = clusterOf(changed, clusters);
  const before = sameCluster(after, context.clusters);
  const hosts = hostsOf(changed);
  return whyReordered(hosts, context, { before, after }) ?? whyMeeting(hosts, context, after);
}

/** The hosts of an HTTPRoute, or of the routes in a release's values. */
function hostsOf({ object }: BuiltObject): ReadonlySet<string> {
  const lists = isHttpRoute(object)
    ? [fieldAt(object, ["spec", "hostnames"])]
    : Object.values(fieldsIn(object, ROUTE)).map((route) => (isMapping(route) ? route.hostnames : null));
  const hosts = lists.flatMap((list) => (Array.isArray(list) ? list.map(scalarText) : []));
  return new Set(hosts.map((host) => rendered(host, object)));
}
