import type { KubeObject } from "../../kube/objects.ts";
import { appRoutes, type AppRoute } from "./app-template-network.ts";
import { GRPC_ROUTE, HELM_RELEASE, HTTP_ROUTE, TCP_ROUTE, TLS_ROUTE, UDP_ROUTE } from "./kinds.ts";
import type { GroupKind, ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { fields, list } from "../engine/read.ts";

/** Kinds that are or render HTTPRoutes. */
export const ROUTE_KINDS: readonly GroupKind[] = [HTTP_ROUTE, HELM_RELEASE];

/** Kinds that are or render routes of any kind. */
export const ATTACHED_KINDS: readonly GroupKind[] = [
  ...ROUTE_KINDS,
  GRPC_ROUTE,
  TCP_ROUTE,
  TLS_ROUTE,
  UDP_ROUTE,
];

/** The HTTPRoutes that an object is or renders. */
export function routesOf(object: KubeObject, objects: ObjectIndex): readonly AppRoute[] {
  return attachedRoutes(object, objects).filter(({ route }) => route.kind === "HTTPRoute");
}

/** The routes of any kind that an object is or renders. */
export function attachedRoutes(object: KubeObject, objects: ObjectIndex): readonly AppRoute[] {
  if (object.kind === "HelmRelease") return appRoutes(object, objects);
  return object.kind.endsWith("Route") ? [{ route: object, path: (steps) => steps }] : [];
}

/** A route and its source. */
export interface SourcedRoute extends AppRoute {
  readonly source: KubeObject;
}

/** Every HTTPRoute. */
export const allRoutes = oncePer((objects: ObjectIndex): readonly SourcedRoute[] =>
  ROUTE_KINDS.flatMap((kind) => objects.ofKind(kind)).flatMap((source) =>
    routesOf(source, objects).map((route) => ({ ...route, source })),
  ),
);

/** The HTTPRoutes by hostname. */
export const routesByHost = oncePer((objects: ObjectIndex): ReadonlyMap<unknown, readonly SourcedRoute[]> => {
  const pairs = allRoutes(objects).flatMap((route) =>
    list(fields(route.route.spec).hostnames).map((host) => ({ host, route })),
  );
  const byHost = Map.groupBy(pairs, ({ host }) => host);
  return new Map([...byHost].map(([host, found]) => [host, found.map(({ route }) => route)]));
});
