import { traefiksOf, type Traefik } from "../../../../policy/objects/traefiks.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import { indexOf } from "../../clusters.ts";
import type { StepContext } from "../../step.ts";
import { gatewayIn } from "./gateway.ts";
import type { RouteOptions } from "./options.ts";

/** The Traefiks behind the Gateway that an option names; none if the cluster does not receive it from the repository. */
export function traefiksBehind(
  option: RouteOptions["gateways"][string],
  cluster: BuiltCluster | undefined,
  { repository }: Pick<StepContext, "repository">,
): readonly Traefik[] {
  const gateway = gatewayIn(cluster, option);
  if (!cluster || !gateway) return [];
  return traefiksOf(gateway, { objects: indexOf(cluster), knowledge: knowledgeOf(repository) });
}
