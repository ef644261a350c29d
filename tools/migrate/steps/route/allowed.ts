import { isRelease } from "../oci/artifact.ts";
import type { Step } from "../../step.ts";
import { isHttpRoute, isIngress } from "./object.ts";
import { additionViolation, releaseViolation, removalViolation } from "./violations.ts";

/** Every request gets the same answer as before, from a route instead of an Ingress; nothing else changes. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  if (before && after && isRelease(before.object))
    return releaseViolation(before.object, after.object, context);
  if (before && !after && isIngress(before.object)) return removalViolation(before, context, clusters);
  if (!before && after && isHttpRoute(after.object)) return additionViolation(after, context, clusters);
  return "this step may only change Ingresses and routes";
};
