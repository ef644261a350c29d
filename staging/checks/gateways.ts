import { isOwn, verdictOf, type Check, type StackOnCluster } from "./check.ts";

/** Version of the Gateway API that this program writes and reads. */
export const GATEWAY_API = "gateway.networking.k8s.io/v1";

/** The stack's GatewayClasses are accepted, its Gateways and each of their listeners accepted, programmed, their references resolved. */
export function gatewaysCheck({ cluster, stack }: StackOnCluster): Check {
  return {
    id: "gateways",
    look: async () => {
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
