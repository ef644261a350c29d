import type { Step } from "../../step.ts";
import { whyForbidden } from "./allowed.ts";
import { whyRenderedForbidden } from "./rendered.ts";
import { AnnotatePlan } from "./annotate-plan.ts";

/** Moves monitoring from hand-written endpoint ConfigMaps to route annotations. */
export const annotate: Step = {
  id: "annotate",
  title: "Monitor routes by their annotations",
  risk: { level: "medium", phrase: "Gatus may miss checks until Flux has pruned the ConfigMaps" },
  live: [
    "before: gatus-sidecar must run in the pod of the Gatus instance that sends alerts, and must watch routes",
    "after: Gatus's status page must show as many endpoints as before. Until Flux has pruned the ConfigMap, Gatus may reject its configuration, because the route and the ConfigMap define the same endpoint",
  ],
  plan: (context) => new AnnotatePlan(context).run(),
  whyForbidden,
  whyRenderedForbidden,
};
