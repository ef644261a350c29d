import { at } from "../../../../../policy/engine/read.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { fieldAt, fieldsIn, idOf } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { readerOf } from "../controllers/classes.ts";
import type { Controller } from "../controllers/controller.ts";
import { nginx } from "../controllers/nginx.ts";
import { traefik } from "../controllers/traefik.ts";
import { isOthers, settingsBehind } from "../gateway/doors.ts";
import { portIn, serversFor, type Endpoint, type Port, type ServerList } from "./listed-servers.ts";
import type { Moving, Parents } from "../gateway/parents.ts";
import { servicesOf } from "./services.ts";

/**
 * Why a route would not reach servers that the repository lists by hand and that the Ingress reaches: every Gateway takes the ports of an EndpointSlice by
 * name, and Traefik's Gateway provider takes only endpoints that say that they are ready.
 * Sources: getBackendAddresses in pkg/provider/kubernetes/gateway/kubernetes.go of Traefik 3.7; getIREndpointsFromEndpointSlice in
 * internal/gatewayapi/route.go of Envoy Gateway.
 */
export function whyUnserved(
  { reading, cluster, namespace }: Moving,
  gateway: Parents["gateway"],
  context: StepContext,
): readonly string[] {
  if (!cluster) return [];
  const services = servicesOf(cluster);
  const controller = readerOf(reading, cluster);
  const isOther = isOthers(gateway, cluster);
  const isNative = settingsBehind(gateway, cluster, context).map(
    (values) => at(values, ["providers", "kubernetesGateway", "nativeLBByDefault"]) === true,
  );
  const byDefault = isNative.length > 0 && isNative.every(Boolean);
  const backends = reading.served.flatMap((served) => served.backends);
  const reasons = backends.flatMap((backend) => {
    const { kind, name = "", port } = backend.service ?? backend;
    const service = kind === "Service" ? services(namespace, name) : undefined;
    if (!service) return [];
    const isDirect = !isOther && backend.service === undefined;
    const usesClusterIp = isDirect && sendsToClusterIp(service, byDefault);
    if (usesClusterIp && fieldAt(service, ["spec", "clusterIP"]) === "None")
      return [
        `Service ${idOf(service)} is headless, and Traefik's Gateway provider would send its requests to a cluster IP: set the annotation ${NATIVE}: "false" on it first`,
      ];
    const own = mappingsIn(fieldAt(service, ["spec", "ports"])).find((one) => one.port === port);
    if (!own || selects(service)) return [];
    return notReached({ service, port: own, asks: isDirect && !usesClusterIp }, { controller, cluster });
  });
  return [...new Set(reasons)];
}

/** Whether Kubernetes lists the servers of a Service itself. */
function selects(service: Mapping): boolean {
  return Object.keys(fieldsIn(service, ["spec", "selector"])).length > 0;
}

/** An annotation of a Service, in lower case. */
const NATIVE = "traefik.io/service.nativelb";

/** Whether Traefik's Gateway provider sends requests to the Service's cluster IP, so that Kubernetes chooses the server. Source: annotations.go next to it. */
function sendsToClusterIp(service: Mapping, byDefault: boolean): boolean {
  const annotations = fieldAt(service, ["metadata", "annotations"]);
  const [, own] =
    Object.entries(isMapping(annotations) ? annotations : {}).find(
      ([name]) => name.toLowerCase() === NATIVE,
    ) ?? [];
  return own === undefined ? byDefault : scalarText(own) === "true";
}

interface Target {
  readonly service: Mapping;
  readonly port: Mapping;
  /** Whether an endpoint has to say that it is ready. */
  readonly asks: boolean;
}

/** The servers of a Service's port that only its Ingress reaches, by list, each with what the list needs. */
function notReached(
  { service, port, asks }: Target,
  { controller, cluster }: { readonly controller: Controller | undefined; readonly cluster: BuiltCluster },
): readonly string[] {
  const lists = serversFor(service, cluster);
  const own = portIn(port);
  const isUsed = ({ ready }: Endpoint): boolean => ready ?? !asks;
  const then = new Set(lists.flatMap((list) => byName(list, own, isUsed)));
  return lists.flatMap((list) => {
    const lost = today(list, port, controller).filter((server) => !then.has(server));
    if (lost.length === 0) return [];
    const name = own.name === "" ? "give its port no name" : `set name: ${own.name} on its port`;
    const isNamed = list.ports.some((one) => one.name === own.name);
    const isReady = list.endpoints.every((one) => isUsed(one) || !isUsedToday(controller)(one));
    const needs = [
      ...(isNamed ? [] : [`${name}, as in the Service`]),
      ...(isReady ? [] : ["set conditions: { ready: true } on its endpoints"]),
    ];
    return [
      `the Ingress reaches ${lost.join(", ")}, which ${list.id} lists for Service ${idOf(service)}, and a route would not: ${needs.join(", and ")}`,
    ];
  });
}

/** Whether a class's controller uses an endpoint. Source: loadService in pkg/provider/kubernetes/ingress/kubernetes.go of Traefik, and as for {@link byNumber} */
const isUsedToday =
  (controller: Controller | undefined) =>
  ({ ready, serving }: Endpoint): boolean =>
    (controller === traefik ? serving : ready) !== false;

/** The servers in a list that a class's controller uses; each as `address:port`. */
function today(list: ServerList, port: Mapping, controller: Controller | undefined): readonly string[] {
  const named = byName(list, portIn(port), isUsedToday(controller));
  return controller !== nginx || named.length > 0 ? named : byNumber(list, port);
}

function byName(
  { ports, endpoints }: ServerList,
  { name }: Port,
  isUsed: (endpoint: Endpoint) => boolean,
): readonly string[] {
  const own = ports.find((one) => one.name === name);
  return own ? serversAt([own.port], endpoints.filter(isUsed)) : [];
}

/**
 * The servers that ingress-nginx uses if no port has the name: those of every port if the Service's has none, and otherwise the Service's numeric
 * `targetPort`.
 * Source: getEndpointsFromSlices in internal/ingress/controller/endpointslices.go
 */
function byNumber({ ports, endpoints }: ServerList, port: Mapping): readonly string[] {
  const isUnnamed = portIn(port).name === "" && ports.length > 0;
  const target = port.targetPort ?? port.port;
  const numbers = isUnnamed ? ports.map((one) => one.port) : typeof target === "number" ? [target] : [];
  return serversAt(numbers, endpoints.filter(isUsedToday(nginx)));
}

const serversAt = (
  ports: readonly (Value | undefined)[],
  endpoints: readonly Endpoint[],
): readonly string[] =>
  endpoints.flatMap(({ addresses }) =>
    addresses.flatMap((address) => ports.map((port) => `${address}:${scalarText(port)}`)),
  );
