import { ENDPOINT_ANNOTATION, template, type Template } from "../../../../kube/gatus-annotations.ts";
import { gatewayOf, isMonitored } from "../../../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import { mergedMaps } from "../../../../lib/maps.ts";
import { GATEWAY } from "../../../../policy/objects/kinds.ts";
import { firstPath } from "../../../../policy/objects/route-rules.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { at, fields, list, text, texts } from "../../../../policy/engine/read.ts";

/** The URL of a guarded endpoint (gatus-sidecar 0.5, internal/gatus/dns.go). */
export const GUARDED_URL = "1.1.1.1";
/** The conditions of a guarded endpoint: public DNS must not resolve the name. */
export const GUARDED_CONDITIONS: readonly string[] = ["len([BODY]) == 0"];
/** The conditions of any other endpoint (internal/resources/resources.go). */
export const CONDITIONS: readonly string[] = ["[STATUS] == 200"];

/**
 * The endpoint that gatus-sidecar with `--auto-httproute` generates for a route; undefined if it generates none.
 * Source: internal/k8s/controller.go (reconcile), internal/gatus/{endpoint,template}.go.
 * @param own the route's fragment; by default the one in its annotation
 */
export function sidecarEndpoint(
  route: KubeObject,
  objects: ObjectIndex,
  own: Template | undefined = template(route),
): Template | undefined {
  const parent = gatewayFragment(route, objects);
  if (own === undefined || parent === undefined || !isMonitored(route)) return undefined;
  const merged = mergedMaps(parent, own);
  const host = hostOf(route);
  const path = text(merged.path);
  const url = `https://${host}${path === undefined ? firstPath(route).replace(/^\/$/, "") : rooted(path)}`;
  const guarded = "guarded" in merged;
  const endpoint: Record<string, unknown> = {
    name: route.metadata.name,
    url: guarded ? GUARDED_URL : url,
    interval: "1m",
    conditions: guarded ? GUARDED_CONDITIONS : CONDITIONS,
    ...(guarded && { dns: dnsOf(host) }),
  };
  for (const [key, value] of Object.entries(merged)) {
    if (key === "guarded" || key === "path") continue;
    if (["name", "group", "url", "interval"].includes(key)) {
      if (typeof value === "string") endpoint[key] = value;
    } else if (key === "conditions") endpoint[key] = typeof value === "string" ? [value] : texts(value);
    else if (key === "dns") endpoint[key] = { ...fields(endpoint[key]), ...fields(value) };
    else endpoint[key] = value;
  }
  return endpoint;
}

/** The first of a route's hostnames, the only one that is monitored. */
export function hostOf(route: KubeObject): string {
  return text(list(at(route, ["spec", "hostnames"]))[0]) ?? "";
}

/** The DNS query of a guarded endpoint. */
export function dnsOf(host: string): Template {
  return { "query-name": host, "query-type": "A" };
}

/** What a route inherits from its Gateway; undefined if that cannot be read. */
function gatewayFragment(route: KubeObject, objects: ObjectIndex): Template | undefined {
  const [namespace, name] = gatewayOf(route).split("/");
  const gateway = name === undefined ? undefined : objects.get(GATEWAY, namespace, name);
  return gateway === undefined ? {} : template(gateway);
}

const rooted = (path: string): string => (path === "" || path.startsWith("/") ? path : `/${path}`);

/** Whether a route defines an endpoint fragment. */
export function hasFragment({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[ENDPOINT_ANNOTATION] !== undefined;
}
