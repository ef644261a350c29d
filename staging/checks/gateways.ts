import { isOwn, verdictOf, type Check, type StackOnCluster } from "./check.ts";

/** The Gateway API version that this program writes and reads. */
export const GATEWAY_API = "gateway.networking.k8s.io/v1";

/**
 * Checks that the stack's GatewayClasses are accepted, that its Gateways and all their listeners are accepted and programmed, and that the listeners'
 * references are resolved.
 */
export function gatewaysCheck({ cluster, stack }: StackOnCluster): Check {
  return {
    id: "gateways",
    run: async () => {
      const objects = [
        ...(await cluster.list(GATEWAY_API, "GatewayClass")),
        ...(await cluster.list(GATEWAY_API, "Gateway")),
      ];
      return {
        verdicts: objects.filter((object) => isOwn(object, stack)).map((object) => verdictOf(object, stack)),
      };
    },
  };
}
