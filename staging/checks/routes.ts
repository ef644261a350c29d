import type { KubeObject } from "../../kube/objects.ts";
import { parentsOf, routeHealth, type ParentReference } from "../health.ts";
import { isOwn, verdictOf, type Check, type StackOnCluster } from "./check.ts";
import { GATEWAY_API } from "./gateways.ts";

/**
 * Checks that each HTTPRoute with one of the stack's Gateways as a parent is accepted by that Gateway, with its references resolved. Other parents are ignored.
 */
export function routesCheck({ cluster, stack }: StackOnCluster): Check {
  return {
    id: "routes",
    keeps: () => true,
    run: async () => {
      const gateways = (await cluster.list(GATEWAY_API, "Gateway")).filter((object) => isOwn(object, stack));
      const routes = await cluster.list(GATEWAY_API, "HTTPRoute");
      return {
        verdicts: routes.flatMap((route) => {
          const counts = (parent: ParentReference): boolean =>
            gateways.some((gateway) => names(route, parent, gateway));
          return parentsOf(route).some(counts) ? [verdictOf(route, stack, routeHealth(route, counts))] : [];
        }),
      };
    },
  };
}

function names(route: KubeObject, parent: ParentReference, { metadata }: KubeObject): boolean {
  return (
    (parent.kind ?? "Gateway") === "Gateway" &&
    parent.name === metadata.name &&
    (parent.namespace ?? route.metadata.namespace) === metadata.namespace
  );
}
