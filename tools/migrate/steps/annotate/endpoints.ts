import { isDeepStrictEqual } from "node:util";
import type { Template } from "../../../../kube/gatus-annotations.ts";
import { endpointFiles, LABELLED_CONFIG_MAP } from "../../../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import { CONFIG_MAP } from "../../../../policy/objects/kinds.ts";
import { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { at, fields, text, type Fields } from "../../../../policy/engine/read.ts";
import { allRoutes } from "../../../../policy/objects/routes.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../lint/rule-origin.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import { hasFragment, sidecarEndpoint } from "./sidecar.ts";

/** Something that Gatus watches. */
export interface Watched {
  /** As {@link normal} gives it. */
  readonly endpoint: Template;
  /** The route that it is made of; undefined for one of an endpoint file. */
  readonly route: KubeObject | undefined;
}

/** A cluster's objects, by kind and name. */
export const indexOf = oncePer(
  ({ objects }: BuiltCluster) => new ObjectIndex(objects.map(({ object }) => asKubeObject(object))),
);

/** Whether Gatus reads a ConfigMap's files by its label. */
export function isEndpointMap(object: Fields): boolean {
  return (
    object.apiVersion === "v1" &&
    object.kind === "ConfigMap" &&
    fields(at(object, ["metadata", "labels"]))[LABELLED_CONFIG_MAP] !== undefined
  );
}

/** Everything that Gatus watches by gatus-sidecar and by labelled ConfigMaps. */
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

/** An endpoint without what Gatus would take for granted: two of one form are watched in the same way. */
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

/** `https://host` and `https://host/` are one request. */
function normalUrl(url: string): string {
  return /^https?:/.test(url) && URL.canParse(url) ? new URL(url).href : url;
}

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** A Go duration as a number; the text itself where it is none. */
function seconds(duration: string): number | string {
  if (!/^(?:[\d.]+(?:ms|s|m|h))+$/.test(duration)) return duration;
  const parts = [...duration.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ""] ?? 0), 0);
}

/**
 * What is watched otherwise afterwards, a sentence; undefined where nothing is. The endpoint that a route has by itself may give way to one
 * of a file, which is that route's from then on; what was watched twice may be watched once.
 */
export function monitoringChange(before: ObjectIndex, after: ObjectIndex): string | undefined {
  // Asked for each object that has changed, and it is about all of them.
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
  if (rest[0]) return `${describe(rest[0].endpoint)} is not watched before`;
  const lost = missing.find(
    ({ endpoint, route }) =>
      !now.some((other) => isDeepStrictEqual(other.endpoint, endpoint)) &&
      (route === undefined || hasFragment(route) || !isAnnotatedNow(route, after)),
  );
  return lost && `${describe(lost.endpoint)} is not watched afterwards`;
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
