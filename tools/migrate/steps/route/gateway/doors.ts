import { argumentsOf, containersOf } from "../../../../../policy/objects/workloads.ts";
import { valuesOf } from "../../../../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../../../../policy/objects/kinds.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import type { Fields } from "../../../../../policy/engine/read.ts";
import { hasTraefikClass, traefiksOf, type Traefik } from "../../../../../policy/objects/traefiks.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { knowledgeOf } from "../../../../lint/knowledge.ts";
import { indexOf } from "../../../clusters.ts";
import type { StepContext } from "../../../step.ts";
import { controllerSources } from "../controllers/services.ts";
import { gatewayIn } from "./gateway.ts";
import type { RouteOptions } from "../options.ts";

type GatewayName = Pick<RouteOptions["gateways"][string], "namespace" | "name">;

/** The Traefiks behind the Gateway that an option names; none if the cluster does not receive it from the repository. */
export function traefiksBehind(
  option: GatewayName,
  cluster: BuiltCluster | undefined,
  { repository }: Pick<StepContext, "repository">,
): readonly Traefik[] {
  const gateway = gatewayIn(cluster, option);
  if (!cluster || !gateway) return [];
  return traefiksOf(gateway, { objects: indexOf(cluster), knowledge: knowledgeOf(repository) });
}

/** Whether the repository shows that another controller than Traefik runs a Gateway. */
export function isOthers(option: GatewayName, cluster: BuiltCluster | undefined): boolean {
  const found = gatewayIn(cluster, option);
  return found !== undefined && cluster !== undefined && !hasTraefikClass(found, indexOf(cluster));
}

/** Whether the class's Traefik is also the one behind the Gateway, so that its entry points stay as they are. */
export function servesBoth(
  ingressClass: string,
  cluster: BuiltCluster | undefined,
  gateway: GatewayName,
  context: Pick<StepContext, "repository">,
): boolean {
  const own = controllerSources(ingressClass, cluster);
  const traefiks = traefiksBehind(gateway, cluster, context);
  return traefiks.length > 0 && traefiks.every(({ source }) => own.includes(source));
}

/** Whether the Traefik of a class also serves the Gateway that the options give the class: it answers at the same address after the move. */
export function staysAtController(
  ingressClass: string,
  cluster: BuiltCluster | undefined,
  context: Pick<StepContext, "options" | "repository">,
): boolean {
  const gateway = context.options.route.gateways[ingressClass];
  return gateway !== undefined && servesBoth(ingressClass, cluster, gateway, context);
}

/** What configures each of {@link traefiksBehind}, in the form of the values of Traefik's chart. */
export function settingsBehind(
  gateway: GatewayName,
  cluster: BuiltCluster | undefined,
  context: Pick<StepContext, "repository">,
): readonly Fields[] {
  if (!cluster) return [];
  return traefiksBehind(gateway, cluster, context).map(({ source }) => settingsOf(source, indexOf(cluster)));
}

function settingsOf(source: KubeObject, objects: ObjectIndex): Fields {
  if (source.kind === HELM_RELEASE.kind) return valuesOf(source, objects).values;
  return { additionalArguments: containersOf(source).flatMap((container) => argumentsOf(container)) };
}
