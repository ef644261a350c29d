import { conditionOf } from "../../kube/conditions.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { isOwn, verdictOf, type Check, type StackOnCluster, type Verdict } from "./check.ts";

/** Checks that all replicas of every Deployment of the stack run the current spec, and that every load balancer has an address. */
export function rolloutsCheck({ cluster, stack }: StackOnCluster): Check {
  return {
    id: "rollouts",
    run: async () => {
      const deployments = await cluster.list("apps/v1", "Deployment");
      const services = await cluster.list("v1", "Service");
      const own = (objects: readonly KubeObject[]): KubeObject[] =>
        objects.filter((object) => isOwn(object, stack));
      return {
        verdicts: [
          ...own(deployments).map(verdict),
          ...own(services.filter(isLoadBalancer)).map((service) => verdictOf(service, stack)),
        ],
      };
    },
  };

  function verdict(deployment: KubeObject): Verdict {
    const found = verdictOf(deployment, stack);
    // To the API server, zero replicas are a complete rollout; to users, the Deployment is down.
    if ((deployment.spec as { replicas?: number } | undefined)?.replicas === 0)
      return { ...found, state: "failed", message: "is scaled to 0" };
    // A rollout that keeps enough replicas available is progressing; otherwise the Deployment is down.
    const down = conditionOf(deployment, "Available");
    if (found.state !== "pending" || down?.status !== "False") return found;
    return { ...found, state: "failed", message: `${found.message}: ${down.message ?? "not available"}` };
  }
}

function isLoadBalancer({ spec }: KubeObject): boolean {
  return (spec as { type?: string } | undefined)?.type === "LoadBalancer";
}
