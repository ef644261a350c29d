import { template, type Template } from "../../kube/gatus-annotations.ts";
import {
  endpointFiles,
  endpointKey,
  fragmentKey,
  gatewayOf,
  isMonitored,
  LABELLED_CONFIG_MAP,
} from "../../kube/gatus-endpoints.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { conditionsOf } from "./gatus-fragment.ts";
import { hasPlaceholder } from "./app-template.ts";
import { CONFIG_MAP, GATEWAY } from "./kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { oncePer } from "../../lib/once-per.ts";
import { text } from "../engine/read.ts";
import { discoveryOf, discovers, type Discovery } from "./gatus-presence.ts";
import { firstPath } from "./route-rules.ts";
import { allRoutes } from "./routes.ts";

/** An endpoint in Gatus's configuration. */
export interface Endpoint {
  readonly source: KubeObject;
  /** Path in the source at which the endpoint is defined. */
  readonly path: Path;
  /** Path in the source at which the conditions are set; undefined if gatus-sidecar's default applies. */
  readonly conditionsPath: Path | undefined;
  readonly conditions: readonly string[];
  /** The key by which Gatus identifies the endpoint; undefined if part of it is not known. */
  readonly key: string | undefined;
  /** Whether the endpoint sends a DNS query instead of a request to the app. */
  readonly dns: boolean;
  /** The path that the endpoint requests from the route; undefined if it requests another address. */
  readonly requestPath: string | undefined;
  /** The route that the endpoint monitors. */
  readonly route: KubeObject | undefined;
}

/** The endpoints in a stack or a cluster. */
export interface Endpoints {
  readonly bySource: ReadonlyMap<KubeObject, readonly Endpoint[]>;
  readonly byKey: ReadonlyMap<string | undefined, readonly Endpoint[]>;
}

/** Every endpoint that Gatus gets from gatus-sidecar and from endpoint files. */
export const allEndpoints = oncePer((objects: ObjectIndex) => endpointsWith(objects, discoveryOf(objects)));

/** Every endpoint that Gatus would get if gatus-sidecar monitored these routes. */
export function endpointsWith(objects: ObjectIndex, discovery: Discovery): Endpoints {
  const endpoints = [...routeEndpoints(objects, discovery), ...fileEndpoints(objects)];
  return {
    bySource: Map.groupBy(endpoints, ({ source }) => source),
    byKey: Map.groupBy(endpoints, ({ key }) => key),
  };
}

function routeEndpoints(objects: ObjectIndex, discovery: Discovery): readonly Endpoint[] {
  return allRoutes(objects).flatMap(({ route, source, path, isNamed }) => {
    const own = template(route);
    if (own === undefined || !isMonitored(route) || !discovers(discovery, route)) return [];
    const fragment = { ...inherited(route, objects), ...own };
    const guarded = "guarded" in fragment;
    return {
      source,
      path: path(["spec", "hostnames", 0]),
      conditionsPath: own.conditions === undefined ? undefined : path(["metadata", "annotations"]),
      conditions: guarded ? ["len([BODY]) == 0"] : conditionsOf(fragment),
      key: isNamed ? closed(fragmentKey(route.metadata.name, fragment)) : undefined,
      requestPath: fragment.url === undefined ? (text(fragment.path) ?? firstPath(route)) : undefined,
      dns: guarded || fragment.dns !== undefined,
      route,
    };
  });
}

function inherited(route: KubeObject, objects: ObjectIndex): Template {
  const [namespace, name] = gatewayOf(route).split("/");
  const gateway = name === undefined ? undefined : objects.get(GATEWAY, namespace, name);
  return (gateway && template(gateway)) ?? {};
}

/** Endpoints from the files in labelled ConfigMaps. */
function fileEndpoints(objects: ObjectIndex): readonly Endpoint[] {
  return objects
    .ofKind(CONFIG_MAP)
    .filter(({ metadata }) => metadata.labels?.[LABELLED_CONFIG_MAP] !== undefined)
    .flatMap((source) =>
      endpointFiles(source).flatMap(({ file, endpoints = [] }) =>
        endpoints.map((endpoint) => ({
          source,
          path: ["data", file],
          conditionsPath: ["data", file],
          conditions: endpoint.conditions === undefined ? [] : conditionsOf(endpoint),
          key: closed(endpointKey(text(endpoint.group), text(endpoint.name) ?? "")),
          dns: endpoint.dns !== undefined,
          requestPath: undefined,
          route: undefined,
        })),
      ),
    );
}

function closed(key: string): string | undefined {
  return hasPlaceholder(key) ? undefined : key;
}

/** How messages name an endpoint. */
export function describeEndpoint({ source, route }: Endpoint): string {
  return route === undefined || route === source
    ? describeObject(source)
    : `${describeObject(source)} (${describeObject(route)})`;
}
