import type { Step } from "../../step.ts";
import { whyForbidden } from "./allowed.ts";
import { AnnotatePlan } from "./annotate-plan.ts";

/** Routes say that they are monitored, and how, in place of hand-written endpoint ConfigMaps. */
export const annotate: Step = {
  id: "annotate",
  title: "Monitoring by annotations of routes",
  risk: "medium",
  live: [
    "before: the gatus-sidecar that watches routes runs beside the Gatus that alerts",
    "after: as many endpoints as before on Gatus' page; between Helm's upgrade and Flux's pruning Gatus may refuse its configuration, since route and ConfigMap are one endpoint",
  ],
  plan: (context) => new AnnotatePlan(context).run(),
  whyForbidden,
};
