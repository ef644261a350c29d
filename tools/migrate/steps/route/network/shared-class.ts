import type { KubeObject } from "../../../../../kube/objects.ts";
import { at, fields, list } from "../../../../../policy/engine/read.ts";
import { classOf, hasTraefikClass } from "../../../../../policy/objects/traefiks.ts";
import { indexOf } from "../../../clusters.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";
import type { StepContext } from "../../../step.ts";
import { controllerSources } from "../controllers/services.ts";
import { gatewayIn } from "../gateway/gateway.ts";
import type { Moving, Parents } from "../gateway/parents.ts";

/**
 * Why hosts could be reached from other networks than today: a Traefik answers for all Gateways of its class wherever it listens, and today another
 * controller serves the class of the other Gateway. Decision: docs/decisions/one-gateway-one-traefik.md.
 */
export function whyShared(
  { cluster, reading: { ingressClass = "" } }: Moving,
  gateway: Parents["gateway"],
  { options }: Pick<StepContext, "options">,
): readonly string[] {
  const found = gatewayIn(cluster, gateway);
  if (!found || !cluster || !hasTraefikClass(found, indexOf(cluster))) return [];
  const name = classOf(found);
  if (gateway.provides.includes(`GatewayClass ${name}`)) return [];
  const rival = Object.entries(options.route.gateways).find(([other, option]) => {
    const second = gatewayIn(cluster, option);
    if (!second || second === found || classOf(second) !== name || !sharePort(found, second)) return false;
    const [own, theirs] = [ingressClass, other].map((one) => controllerSources(one, cluster));
    return own?.length && theirs?.length && !theirs.some((source) => own.includes(source));
  });
  if (!rival) return [];
  const [otherClass, other] = rival;
  return [
    `Gateways ${gateway.namespace}/${gateway.name} and ${other.namespace}/${other.name} have the GatewayClass ${name} in common, so one Traefik serves both on the same port, and the hosts of class ${ingressClass} can be reached where those of class ${otherClass} are: give each Gateway a GatewayClass and a Traefik or, if that may be, list GatewayClass ${name} in route.gateways.${ingressClass}.provides in ${OPTIONS_FILE}`,
  ];
}

const portsOf = (gateway: KubeObject): ReadonlySet<unknown> =>
  new Set(list(at(gateway, ["spec", "listeners"])).map((listener) => fields(listener).port));

const sharePort = (one: KubeObject, other: KubeObject): boolean =>
  !portsOf(one).isDisjointFrom(portsOf(other));
