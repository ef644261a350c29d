import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { mappingsIn, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { fieldAt, fieldsIn, idOf, isKind, nameOf } from "../../../objects.ts";

/** A port, with the API's defaults. */
export interface Port {
  /** Empty if it has none. */
  readonly name: string;
  readonly port: Value | undefined;
  readonly protocol: string;
}

/** Servers that are listed by hand: an EndpointSlice, or a subset of Endpoints. */
export interface ServerList {
  /** Kind, namespace and name of the object. */
  readonly id: string;
  readonly ports: readonly Port[];
  readonly endpoints: readonly Endpoint[];
}

/** Servers in a list that share their conditions. */
export interface Endpoint {
  readonly addresses: readonly string[];
  /** Undefined if the list does not say it. */
  readonly ready: boolean | undefined;
  readonly serving: boolean | undefined;
}

/** A port of a Service, an EndpointSlice or Endpoints. */
export const portIn = ({ name, port, protocol }: Mapping): Port => ({
  name: scalarText(name),
  port,
  protocol: scalarText(protocol) || "TCP",
});

/** The servers that the repository lists for a Service. */
export const serversFor = (service: Mapping, cluster: BuiltCluster): readonly ServerList[] =>
  serverLists(cluster).get(idOf(service)) ?? [];

const serverLists = oncePer((cluster: BuiltCluster): ReadonlyMap<string, readonly ServerList[]> => {
  const lists = cluster.objects.flatMap(({ object }) => {
    if (isKind(object, { group: "discovery.k8s.io", kind: "EndpointSlice" })) return [inSlice(object)];
    return object.apiVersion === "v1" && object.kind === "Endpoints" ? inEndpoints(object) : [];
  });
  const byService = Map.groupBy(lists, ({ service }) => service);
  return new Map([...byService].map(([service, own]) => [service, own.map(({ list }) => list)]));
});

interface OfService {
  /** Namespace and name. */
  readonly service: string;
  readonly list: ServerList;
}

function inSlice(object: Mapping): OfService {
  const service = scalarText(fieldAt(object, ["metadata", "labels", "kubernetes.io/service-name"]));
  const endpoints = mappingsIn(object.endpoints).map((endpoint) => ({
    addresses: Array.isArray(endpoint.addresses) ? endpoint.addresses.map(scalarText) : [],
    ready: condition(endpoint, "ready"),
    serving: condition(endpoint, "serving"),
  }));
  const list = {
    id: `EndpointSlice ${idOf(object)}`,
    ports: mappingsIn(object.ports).map(portIn),
    endpoints,
  };
  return { service: `${nameOf(object).namespace}/${service}`, list };
}

function condition(endpoint: Mapping, name: string): boolean | undefined {
  const value = fieldAt(endpoint, ["conditions", name]);
  return typeof value === "boolean" ? value : undefined;
}

/**
 * Kubernetes copies Endpoints to EndpointSlices, unless they are marked, with a condition for each address.
 * Source: pkg/controller/endpointslicemirroring of kubernetes/kubernetes (shouldMirror in utils.go, addressToEndpoint)
 */
function inEndpoints(object: Mapping): readonly OfService[] {
  const { labels, annotations } = fieldsIn(object, ["metadata"]);
  const isLeft =
    scalarText(fieldAt(labels, ["endpointslice.kubernetes.io/skip-mirror"])) === "true" ||
    fieldAt(annotations, ["control-plane.alpha.kubernetes.io/leader"]) !== undefined;
  if (isLeft) return [];
  return mappingsIn(object.subsets).map((subset) => {
    const endpoint = (addresses: Value | undefined, ready: boolean): Endpoint => ({
      addresses: mappingsIn(addresses).map(({ ip }) => scalarText(ip)),
      ready,
      serving: ready,
    });
    const endpoints = [endpoint(subset.addresses, true), endpoint(subset.notReadyAddresses, false)];
    const list = { id: `Endpoints ${idOf(object)}`, ports: mappingsIn(subset.ports).map(portIn), endpoints };
    return { service: idOf(object), list };
  });
}
