import type { Step } from "./step.ts";
import { annotate } from "./steps/annotate/step.ts";
import { components } from "./steps/components/step.ts";
import { gatewayProvider } from "./steps/gateway-provider/step.ts";
import { handover } from "./steps/handover/step.ts";
import { ks } from "./steps/ks/step.ts";
import { namespace } from "./steps/namespace/step.ts";
import { oci } from "./steps/oci/step.ts";
import { probes } from "./steps/probes/step.ts";
import { pushover } from "./steps/pushover/step.ts";
import { route } from "./steps/route/step.ts";
import { sidecar } from "./steps/sidecar/step.ts";
import { taskfile } from "./steps/taskfile/step.ts";

/** Every step in the recommended order: low risk first, and each step after the steps that it builds on. */
export const STEPS: readonly Step[] = [
  taskfile,
  oci,
  components,
  ks,
  pushover,
  gatewayProvider,
  probes,
  sidecar,
  route,
  annotate,
  namespace,
  handover,
];
