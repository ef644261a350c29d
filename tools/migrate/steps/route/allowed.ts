import { isRelease } from "../oci/artifact.ts";
import type { Step } from "../../step.ts";
import { isHttpRoute, isIngress } from "./object.ts";
import { additionViolation, releaseViolation, removalViolation } from "./violations.ts";

/** Intended: every request is answered as before, by a route where an Ingress was, and nothing else changes. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  if (before && after && isRelease(before.object))
    return releaseViolation(before.object, after.object, context);
  if (before && !after && isIngress(before.object)) return removalViolation(before, context, clusters);
  if (!before && after && isHttpRoute(after.object)) return additionViolation(after, context, clusters);
  return "only Ingresses and routes may change";
};
