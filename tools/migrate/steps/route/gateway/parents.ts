import { named as namesOf } from "../../../../../lib/counted.ts";
import type { BuiltCluster, BuiltObject } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { type Mapping } from "../../../../gitops/yaml/values.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";
import type { StepContext } from "../../../step.ts";
import { acceptingOf, gatewayIn, isHttps, listenersFor, whyMissing, whyNotAdmitted } from "./gateway.ts";
import { plainHttpOf, type PlainHttp } from "../plain/http.ts";
import type { RouteOptions } from "../options.ts";
import { withSections } from "./sections.ts";
import type { Reading } from "../reading/served.ts";
import { neededOf } from "./sure-parents.ts";

type GatewayOption = RouteOptions["gateways"][string];

/** The listeners that a route attaches to. */
export interface Parents {
  readonly parentRefs: readonly Mapping[];
  readonly gateway: GatewayOption;
}

/** An Ingress in one cluster, and where its route would be. */
export interface Moving {
  readonly reading: Reading;
  readonly cluster: BuiltCluster | undefined;
  readonly namespace: string;
  /** As the cluster receives them. */
  readonly hosts: readonly string[];
  /** Whether a parentRef accepts a `port`. */
  readonly takesPort: boolean;
}

/** {@link Moving}, with the form of the Ingress, or of the HelmRelease around it, that the cluster receives. */
export interface MovingForm extends Moving {
  readonly form: BuiltObject;
}

/**
 * The `parentRefs` that replace an Ingress's class and entry points. An entry point becomes its listener, never all listeners: the others
 * may be open to other networks. An Ingress whose app does not answer plain HTTP gets only HTTPS listeners.
 * @returns the reason if there are none
 */
export function parentsOf(
  moving: Moving,
  { options, clusters }: Pick<StepContext, "options" | "clusters">,
): Parents | string {
  const { reading, cluster } = moving;
  const { ingressClass } = reading;
  const { gateways } = options.route;
  if (ingressClass === undefined || ingressClass === "")
    return `it names no class, and the cluster's default class is not known here: set its class (\`spec.ingressClassName\`, \`className\` in app-template's values, or on an IngressRoute the annotation kubernetes.io/ingress.class), mark the default IngressClass with the annotation ingressclass.kubernetes.io/is-default-class, or name the class of all that name none as route.defaultClass in ${OPTIONS_FILE}`;
  const gateway = Object.hasOwn(gateways, ingressClass) ? gateways[ingressClass] : undefined;
  if (!gateway)
    return `no Gateway is known for class ${ingressClass}: add \`route: { gateways: { ${ingressClass}: { name: …, namespace: … } } }\` to ${OPTIONS_FILE}`;
  const missing = whyMissing(ingressClass, gateway, cluster, clusters);
  if (missing !== undefined) return missing;
  const wanted = listenersOf(moving, gateway, ingressClass);
  if (typeof wanted === "string") return wanted;
  const { name, namespace } = gateway;
  const found = gatewayIn(cluster, gateway);
  const listeners = withSections(wanted, found, `route.gateways.${ingressClass}`);
  if (typeof listeners === "string") return listeners;
  const refused = found && cluster && whyNotAdmitted(found, listeners, moving, cluster);
  if (refused !== undefined) return refused;
  const accepting =
    found && cluster
      ? neededOf(acceptingOf(listeners, found, moving, cluster), found, moving, cluster)
      : listeners;
  return { parentRefs: accepting.map((place) => ({ name, namespace, ...place })), gateway };
}

/** The listeners, each by `sectionName` or `port`; `{}` for all listeners. */
function listenersOf(
  moving: Moving,
  gateway: GatewayOption,
  ingressClass: string,
): readonly Mapping[] | string {
  const { answer, entryPoints } = plainHttpOf(moving.reading, moving.cluster, gateway);
  const { entryPoints: named } = moving.reading;
  if (answer === "redirected" && named.length > 0 && entryPoints.length === 0)
    return `no request reaches it today, because Traefik redirects every request on ${namesOf(named, "entry point")}, and it names no other: remove it, or name the entry point that should serve it`;
  if (entryPoints.length === 0)
    return answer === "served" ? everyListener(moving, gateway) : onlyHttps(moving, gateway, answer);
  const option = `route.gateways.${ingressClass}.entryPoints.`;
  const reasons: string[] = [];
  const listeners = entryPoints.flatMap((entryPoint): Mapping[] => {
    const place = asListener(gateway.entryPoints[entryPoint], `${option}${entryPoint}`, moving.takesPort);
    if (typeof place !== "string") return [place];
    reasons.push(
      place === ""
        ? `the listener of ${gateway.namespace}/${gateway.name} for entry point ${entryPoint} is not known: set its name or port as ${option}${entryPoint} in ${OPTIONS_FILE}`
        : place,
    );
    return [];
  });
  return reasons.length > 0
    ? reasons.join("; ")
    : (whyPlain(listeners, answer, moving, gateway) ?? listeners);
}

const portsOf = (listeners: readonly { readonly port: unknown }[]): ReadonlySet<unknown> =>
  new Set(listeners.map(({ port }) => port));

/**
 * The listeners for an Ingress without entry points: all of the Gateway, unless it may have more than one port for a protocol, because the others may be open
 * to other networks. Then only those in the options.
 */
function everyListener(moving: Moving, gateway: GatewayOption): readonly Mapping[] | string {
  const { cluster, reading } = moving;
  const found = gatewayIn(cluster, gateway);
  const isSafe =
    found && cluster
      ? (["HTTP", "HTTPS"] as const).every(
          (protocol) => portsOf(listenersFor(found, protocol, moving, cluster)).size <= 1,
        )
      : !gateway.elsewhere;
  if (isSafe) return [{}];
  const option = `route.gateways.${reading.ingressClass ?? ""}`;
  const named = new Set([...Object.values(gateway.entryPoints), ...gateway.httpsListeners]);
  if (named.size === 0 && !found) return [{}];
  const places = [...named].map((listener) => asListener(listener, option, moving.takesPort));
  const reason = places.find((place) => typeof place === "string");
  if (reason !== undefined) return reason;
  const listeners = places.filter((place) => typeof place !== "string");
  return listeners.length > 0
    ? listeners
    : `it names no entry point, and Gateway ${gateway.namespace}/${gateway.name} has listeners on several ports, which may be open to different networks: set the names or ports of those for this class as ${option}.entryPoints in ${OPTIONS_FILE}`;
}

/** A listener from the options; a reason if it cannot be written, empty if there is none. */
function asListener(
  listener: string | number | undefined,
  option: string,
  takesPort: boolean,
): Mapping | string {
  if (listener === undefined) return "";
  if (typeof listener === "string") return { sectionName: listener };
  return takesPort
    ? { port: listener }
    : `this version of app-template does not accept a port in parentRefs: set the listener's name as ${option} in ${OPTIONS_FILE}`;
}

const TODAY = {
  redirected: "it redirects plain HTTP to HTTPS",
  none: "it does not answer plain HTTP",
} as const;

/** The HTTPS listeners: those in the options or, if the Gateway is in the repository, its own. */
function onlyHttps(
  moving: Moving,
  gateway: GatewayOption,
  answer: "redirected" | "none",
): readonly Mapping[] | string {
  const option = `route.gateways.${moving.reading.ingressClass ?? ""}.httpsListeners`;
  const id = `${gateway.namespace}/${gateway.name}`;
  const { cluster } = moving;
  const given = gateway.httpsListeners.map((listener) => asListener(listener, option, moving.takesPort));
  const reason = given.find((place) => typeof place === "string");
  if (reason !== undefined) return reason;
  const named = given.filter((place) => typeof place !== "string");
  if (named.length > 0) return whyPlain(named, answer, moving, gateway) ?? named;
  const found = gatewayIn(cluster, gateway);
  if (!found || !cluster)
    return `${TODAY[answer]}, and the HTTPS listeners of Gateway ${id} are not known: set their names or ports as ${option} in ${OPTIONS_FILE}`;
  const own = listenersFor(found, "HTTPS", moving, cluster);
  if (portsOf(own).size > 1)
    return `Gateway ${id} has HTTPS listeners on several ports, which may be open to different networks: set the names or ports of those for this class as ${option} in ${OPTIONS_FILE}`;
  return own.length > 0
    ? own.map(({ name }) => ({ sectionName: name }))
    : `${TODAY[answer]}, and Gateway ${id} has no HTTPS listener for ${moving.hosts.join(", ")}`;
}

/** Why listeners would serve what is not served in clear text today. */
function whyPlain(
  listeners: readonly Mapping[],
  answer: PlainHttp["answer"],
  { cluster }: Moving,
  gateway: GatewayOption,
): string | undefined {
  const found = gatewayIn(cluster, gateway);
  if (!found || answer === "served") return undefined;
  const plain = listeners.find((listener) => isHttps(found, listener) === false);
  return (
    plain &&
    `${TODAY[answer]}, and listener ${scalarText(plain.sectionName ?? plain.port)} of Gateway ${gateway.namespace}/${gateway.name} is not an HTTPS listener`
  );
}
