import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION } from "../../../../kube/gatus-annotations.ts";
import {
  flagValues,
  gatusPrograms,
  hasFlag,
  isAmong,
  readsKind,
} from "../../../../policy/objects/gatus-presence.ts";
import { yamlMap } from "../../../../lib/yaml-map.ts";
import type { Mapping, Value } from "../../../gitops/yaml/values.ts";
import { indexOf } from "../../clusters.ts";
import type { Loss } from "../../losses.ts";
import type { StepContext } from "../../step.ts";
import { classEndpointLoss } from "./monitoring-class.ts";
import { hostAsked } from "../annotate/fragment.ts";
import type { MovingForm, Parents } from "./gateway/parents.ts";
import type { HostGroup } from "./reading/served.ts";

/** A gatus-sidecar that watches an Ingress and would not watch its route: Gatus loses the endpoint, and with it the alerts. */
export function monitoringLosses(
  moving: Pick<MovingForm, "reading" | "cluster" | "namespace" | "hosts">,
  { gateway }: Pick<Parents, "gateway">,
  { options }: Pick<StepContext, "options">,
): readonly Loss[] {
  const { cluster, hosts, reading } = moving;
  if (!cluster || options.route.keepIngress || options.annotate.sidecar.includes(cluster.name)) return [];
  const { sidecars } = gatusPrograms(indexOf(cluster));
  const kind = reading.kind.toLowerCase();
  const today = sidecars.filter(
    (args) => watches(args, kind, moving) && isAmong(args, "ingress-class", [reading.ingressClass ?? ""]),
  );
  const isKept = sidecars.some(
    (args) => watches(args, "httproute", moving) && isAmong(args, "gateway-name", [gateway.name]),
  );
  const [args] = today;
  if (args === undefined) return [];
  const given = reading.kind === "Ingress" ? classEndpointLoss(reading, args, cluster, { gateway }) : [];
  if (isKept) return given;
  const flag = hasFlag(args, `auto-${kind}`) ? "--auto-httproute" : "--enable-httproute";
  const filtered = flagValues(args, "gateway-name").length > 0 ? ` (and --gateway-name=${gateway.name})` : "";
  return [
    ...given,
    {
      kind: "setting",
      message: `the monitoring of ${hosts.join(", ")}: gatus-sidecar takes an endpoint from this ${reading.kind}, and does not watch its HTTPRoute: add ${flag}${filtered} to its arguments in an earlier commit`,
    },
  ];
}

/** Whether a gatus-sidecar with these arguments makes an endpoint of an object of a kind with the annotations of an Ingress (matchesAnnotation in internal/resources). */
function watches(
  args: readonly string[],
  kind: string,
  { reading, namespace }: Pick<MovingForm, "reading" | "namespace">,
): boolean {
  const { raw } = reading.annotations;
  const [enabled, endpoint] = [
    flagValues(args, "annotation-enabled").at(-1) ?? ENABLED_ANNOTATION,
    flagValues(args, "annotation-config").at(-1) ?? ENDPOINT_ANNOTATION,
  ].map((name) => raw.get(name.toLowerCase()));
  if (!readsKind(args, kind) || !isAmong(args, "namespace", [namespace])) return false;
  if (enabled !== undefined && !/^(?:1|t|true)$/i.test(enabled)) return false;
  return hasFlag(args, `auto-${kind}`) || enabled !== undefined || endpoint !== undefined;
}

/** An endpoint that gatus-sidecar takes from an annotation: it makes one of each object, and Gatus rejects two of the same name. */
const ENDPOINT = /^gatus\.(?:home-operations\.com|io)\/endpoint$/;

/** Whether only one route of an Ingress takes over an annotation. */
export const isForOneRoute = (annotation: string): boolean => ENDPOINT.test(annotation);

/** The annotations that each route of an Ingress takes over: an endpoint goes to the route with the host that it asks for, otherwise to the first. */
export function annotationsPerRoute(kept: Mapping, groups: readonly HostGroup[]): readonly Mapping[] {
  const homes = new Map(
    Object.entries(kept)
      .filter(([name]) => isForOneRoute(name))
      .map(([name, endpoint]) => [name, routeAsked(endpoint, groups)]),
  );
  return groups.map((_, index) =>
    Object.fromEntries(Object.entries(kept).filter(([name]) => (homes.get(name) ?? index) === index)),
  );
}

function routeAsked(endpoint: Value, groups: readonly HostGroup[]): number {
  const host = typeof endpoint === "string" ? hostAsked(yamlMap(endpoint) ?? {}) : undefined;
  const found = groups.findIndex(({ hosts }) => host !== undefined && hosts.includes(host));
  return Math.max(found, 0);
}
