import { isDeepStrictEqual } from "node:util";
import type { Template } from "../../../../kube/gatus-annotations.ts";
import { endpointFiles, LABELLED_CONFIG_MAP } from "../../../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import { CONFIG_MAP } from "../../../../policy/objects/kinds.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { at, fields, text, type Fields } from "../../../../policy/engine/read.ts";
import { allRoutes } from "../../../../policy/objects/routes.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import { hasFragment, sidecarEndpoint } from "./sidecar.ts";

/** An endpoint that Gatus monitors. */
export interface Watched {
  /** In the form that {@link normal} returns. */
  readonly endpoint: Template;
  /** The route that it is derived from; undefined for an endpoint from a file. */
  readonly route: KubeObject | undefined;
}

/** Whether Gatus reads the files in a ConfigMap because of its label. */
export function isEndpointMap(object: Fields): boolean {
  return (
    object.apiVersion === "v1" &&
    object.kind === "ConfigMap" &&
    fields(at(object, ["metadata", "labels"]))[LABELLED_CONFIG_MAP] !== undefined
  );
}

/** Every endpoint that Gatus receives from gatus-sidecar and from labelled ConfigMaps. */
export function watchedBy(objects: ObjectIndex): readonly Watched[] {
  const files = objects
    .ofKind(CONFIG_MAP)
    .filter((map) => isEndpointMap(map))
    .flatMap((map) =>
      endpointFiles(map).flatMap(({ endpoints = [] }) =>
        endpoints.map((endpoint) => ({ endpoint: normal(endpoint), route: undefined })),
      ),
    );
  const routes = allRoutes(objects).flatMap(({ route }) => {
    const endpoint = sidecarEndpoint(route, objects);
    return endpoint === undefined ? [] : [{ endpoint: normal(endpoint), route }];
  });
  return [...files, ...routes];
}

/** An endpoint with Gatus's defaults resolved: two endpoints that are equal in this form are monitored the same way. */
export function normal(endpoint: Template): Template {
  const { name, group, url, interval, enabled, ...others } = endpoint;
  const kept = Object.entries(others).filter(([, value]) => value !== undefined && value !== null);
  return {
    name: text(name) ?? "",
    group: text(group) ?? "",
    url: normalUrl(text(url) ?? ""),
    interval: seconds(text(interval) ?? "1m"),
    ...(enabled === false && { enabled }),
    ...Object.fromEntries(kept),
  };
}

/** `https://host` and `https://host/` are the same request. */
function normalUrl(url: string): string {
  return /^https?:/.test(url) && URL.canParse(url) ? new URL(url).href : url;
}

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** A Go duration in seconds; the text itself if it is not one. */
function seconds(duration: string): number | string {
  if (!/^(?:[\d.]+(?:ms|s|m|h))+$/.test(duration)) return duration;
  const parts = [...duration.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ""] ?? 0), 0);
}

/**
 * How the monitoring changes, as a sentence; undefined if it does not. A route's default endpoint may be replaced by the endpoint from a
 * file, which then belongs to the route; an endpoint that was monitored twice may be monitored once.
 */
export function monitoringChange(before: ObjectIndex, after: ObjectIndex): string | undefined {
  // Called for each changed object, but the result is the same for the whole cluster, so it is cached.
  return comparedWith(before)(after);
}

const comparedWith = oncePer((before: ObjectIndex) =>
  oncePer((after: ObjectIndex) => difference(before, after)),
);

function difference(before: ObjectIndex, after: ObjectIndex): string | undefined {
  const now = watchedBy(after);
  const rest = [...now];
  const missing = watchedBy(before).filter(({ endpoint }) => {
    const index = rest.findIndex((other) => isDeepStrictEqual(other.endpoint, endpoint));
    if (index < 0) return true;
    rest.splice(index, 1);
    return false;
  });
  if (rest[0]) return `${describe(rest[0].endpoint)} would be new`;
  const lost = missing.find(
    ({ endpoint, route }) =>
      !now.some((other) => isDeepStrictEqual(other.endpoint, endpoint)) &&
      (route === undefined || hasFragment(route) || !isAnnotatedNow(route, after)),
  );
  return lost && `${describe(lost.endpoint)} would no longer be monitored`;
}

function isAnnotatedNow({ metadata: { name, namespace } }: KubeObject, after: ObjectIndex): boolean {
  return allRoutes(after).some(
    ({ route }) =>
      route.metadata.name === name && route.metadata.namespace === namespace && hasFragment(route),
  );
}

function describe(endpoint: Template): string {
  const { name, group, url } = fields(endpoint);
  return `endpoint ${text(group) === "" ? "" : `${text(group) ?? ""}/`}${text(name) ?? ""} (${text(url) ?? ""})`;
}
