import { isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import type { IngressAnnotations } from "./annotations.ts";

/** A Service, or a TraefikService, that answers. */
export interface Backend {
  /** Of a Service of the same app-template values; no `name` then. */
  readonly identifier?: string;
  readonly name?: string;
  readonly kind: "Service" | "TraefikService";
  /** Undefined for the primary port of an identifier's Service, and for a TraefikService. */
  readonly port?: number;
  readonly weight: number;
}

/** What one request gets: the unit in which Ingresses and routes are compared. */
export interface Served {
  /** As it is written, templates and variables included. */
  readonly host: string;
  /** An HTTPRouteMatch, as {@link matchOf} orders it. */
  readonly match: Mapping;
  readonly backends: readonly Backend[];
  /** Traefik Middlewares of the route's own namespace, in their order. */
  readonly middlewares: readonly string[];
}

/** Hosts that have the same rules: what one HTTPRoute holds. */
export interface HostGroup {
  readonly hosts: readonly string[];
  readonly rules: readonly Rule[];
}

/** Requests that the same backends answer. */
export interface Rule {
  readonly matches: readonly Mapping[];
  readonly backends: readonly Backend[];
  readonly middlewares: readonly string[];
}

/** What was read of an Ingress of whatever form. */
export interface Reading {
  readonly ingressClass: string | undefined;
  /** Traefik's, where the Ingress names some. */
  readonly entryPoints: readonly string[];
  readonly served: readonly Served[];
  /** Why it cannot become a route; empty where it can. */
  readonly refusals: readonly string[];
  /** What would have no place in a route. */
  readonly lost: readonly string[];
  /** Names of the Secrets with its certificates. */
  readonly tlsSecrets: readonly string[];
  readonly annotations: IngressAnnotations;
}

/** A match in one form, so that two can be compared: every path has its type and value, and nothing is there that is empty. */
export function matchOf(match: Mapping): Mapping {
  const path = isMapping(match.path) ? match.path : {};
  return {
    path: { type: path.type ?? "PathPrefix", value: path.value ?? "/" },
    ...(match.method === undefined ? {} : { method: match.method }),
    ...pairsOf("headers", match.headers),
    ...pairsOf("queryParams", match.queryParams),
  };
}

function pairsOf(key: string, value: Value | undefined): Mapping {
  if (!Array.isArray(value) || value.length === 0) return {};
  const pairs = value
    .filter(isMapping)
    .map((pair) => ({ type: pair.type ?? "Exact", name: pair.name ?? "", value: pair.value ?? "" }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return { [key]: pairs };
}

/** Hosts with equal rules together, in the order in which they were written. */
export function hostGroups(served: readonly Served[]): readonly HostGroup[] {
  const groups = new Map<string, { hosts: string[]; rules: readonly Rule[] }>();
  for (const [host, own] of Map.groupBy(served, ({ host: name }) => name)) {
    const rules = rulesOf(own);
    const key = JSON.stringify(rules);
    const group = groups.get(key) ?? { hosts: [], rules };
    groups.set(key, group);
    group.hosts.push(host);
  }
  return [...groups.values()];
}

function rulesOf(served: readonly Served[]): readonly Rule[] {
  const byAnswer = Map.groupBy(served, ({ backends, middlewares }) =>
    JSON.stringify([backends, middlewares]),
  );
  return [...byAnswer.values()].flatMap((same) => {
    const [first] = same;
    return first
      ? [
          {
            matches: same.map(({ match }) => match),
            backends: first.backends,
            middlewares: first.middlewares,
          },
        ]
      : [];
  });
}

/** What is served behind a Gateway's listeners, a text for each request: two forms that give the same texts are equal. */
export function answers(parentRefs: readonly Mapping[], served: readonly Served[]): ReadonlySet<string> {
  const doors = parentRefs.map((reference) =>
    JSON.stringify([reference.namespace, reference.name, reference.sectionName, reference.port]),
  );
  return new Set(
    served.flatMap(({ host, match, backends, middlewares }) =>
      doors.map((door) =>
        JSON.stringify([door, host.toLowerCase(), match, backends.map(backendKey).sort(), middlewares]),
      ),
    ),
  );
}

function backendKey({ kind, identifier, name, port, weight }: Backend): string {
  return JSON.stringify([kind, identifier, name, port, weight]);
}
