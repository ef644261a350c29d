import type { Step } from "./step.ts";
import { annotate } from "./steps/annotate/step.ts";
import { components } from "./steps/components/step.ts";
import { gatewayProvider } from "./steps/gateway-provider/step.ts";
import { handover } from "./steps/handover/step.ts";
import { ks } from "./steps/ks/step.ts";
import { namespace } from "./steps/namespace/step.ts";
import { oci } from "./steps/oci/step.ts";
import { probes } from "./steps/probes/step.ts";
import { route } from "./steps/route/step.ts";
import { taskfile } from "./steps/taskfile/step.ts";

/** Every step, in the order in which a repository takes them: the least risky first, and each after those that it takes something from. */
export const STEPS: readonly Step[] = [
  taskfile,
  oci,
  components,
  ks,
  gatewayProvider,
  probes,
  route,
  annotate,
  namespace,
  handover,
];
