import type { KubeObject } from "../../kube/objects.ts";
import type { Check } from "./check.ts";
import { declaredCheck } from "./declared.ts";
import { fluxCheck, type FluxCheckArgs } from "./flux.ts";
import { gatewaysCheck } from "./gateways.ts";
import { gatusCheck, type GatusCheckArgs } from "./gatus.ts";
import { leftoversCheck, type LeftoversCheckArgs } from "./leftovers.ts";
import { rolloutsCheck } from "./rollouts.ts";
import { routesCheck } from "./routes.ts";

/** The checks that need only the cluster, so that a gate or `edgefirst verify` can run them without the stack's program. */
export function liveChecks(args: GatusCheckArgs & FluxCheckArgs): Check[] {
  return [rolloutsCheck(args), gatewaysCheck(args), routesCheck(args), fluxCheck(args), gatusCheck(args)];
}

/** The checks that compare the cluster with what the program declares. */
export function declarationChecks(args: LeftoversCheckArgs, declared: readonly KubeObject[]): Check[] {
  return [declaredCheck(args, declared), leftoversCheck(args, declared)];
}
