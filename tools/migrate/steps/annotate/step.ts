import type { Step } from "../../step.ts";
import { whyForbidden } from "./allowed.ts";
import { whyRenderedForbidden } from "./rendered.ts";
import { AnnotatePlan } from "./annotate-plan.ts";

/** Moves monitoring from hand-written endpoint ConfigMaps to route annotations. */
export const annotate: Step = {
  id: "annotate",
  title: "Monitor routes by their annotations",
  risk: { level: "medium", phrase: "Gatus may miss checks until Flux has pruned the ConfigMaps" },
  live: [],
  plan: (context) => new AnnotatePlan(context).run(),
  whyForbidden,
  whyRenderedForbidden,
};
