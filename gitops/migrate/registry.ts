import type { Step } from "./step.ts";
import { annotate } from "./steps/annotate.ts";
import { components } from "./steps/components.ts";
import { gatewayProvider } from "./steps/gateway-provider.ts";
import { handover } from "./steps/handover.ts";
import { ks } from "./steps/ks.ts";
import { namespace } from "./steps/namespace.ts";
import { oci } from "./steps/oci.ts";
import { probes } from "./steps/probes.ts";
import { route } from "./steps/route.ts";
import { taskfile } from "./steps/taskfile.ts";

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
