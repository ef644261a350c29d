import type { KubeObject } from "../../kube/objects.ts";
import { appRoutes, type AppRoute } from "./app-template-network.ts";
import { isRemote } from "./helm.ts";
import { GRPC_ROUTE, HELM_RELEASE, HTTP_ROUTE, TCP_ROUTE, TLS_ROUTE, UDP_ROUTE } from "./kinds.ts";
import type { GroupKind, ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { fields, list } from "../engine/read.ts";

/** HTTPRoute, and the kinds that render HTTPRoutes. */
export const ROUTE_KINDS: readonly GroupKind[] = [HTTP_ROUTE, HELM_RELEASE];

/** The route kinds, and the kinds that render routes. */
export const ATTACHED_KINDS: readonly GroupKind[] = [
  ...ROUTE_KINDS,
  GRPC_ROUTE,
  TCP_ROUTE,
  TLS_ROUTE,
  UDP_ROUTE,
];

/** The HTTPRoutes that an object renders; for an HTTPRoute, the object itself. */
export function routesOf(object: KubeObject, objects: ObjectIndex): readonly AppRoute[] {
  return attachedRoutes(object, objects).filter(({ route }) => route.kind === "HTTPRoute");
}

/** The routes, of any kind, that an object renders; for a route, the object itself. The routes of a rendered release are objects themselves. */
export function attachedRoutes(object: KubeObject, objects: ObjectIndex): readonly AppRoute[] {
  if (object.kind === "HelmRelease") return isRemote(object) ? [] : appRoutes(object, objects);
  return object.kind.endsWith("Route") ? [{ route: object, path: (steps) => steps, isNamed: true }] : [];
}

/** A route and the object that it comes from. */
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
