import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { fieldAt } from "../../../objects.ts";
import { TRAEFIK_GROUP } from "../controllers/traefik.ts";
import { extensionRefs, middlewaresOf, writtenMatches } from "./filters.ts";
import { matchOf, type Backend, type HostGroup, type Served } from "../reading/served.ts";

/** An HTTPRoute for a group of hosts. */
export function httpRoute(
  metadata: Mapping,
  parentRefs: readonly Mapping[],
  { hosts, rules }: HostGroup,
): Mapping {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata,
    spec: {
      parentRefs: [...parentRefs],
      hostnames: [...hosts],
      rules: rules.map(({ matches, backends, middlewares }) => ({
        ...writtenMatches(matches),
        ...(middlewares.length === 0 ? {} : { filters: extensionRefs(middlewares) }),
        ...(backends.length === 0
          ? {}
          : { backendRefs: backends.map((backend) => backendRef(backend, backends.length > 1)) }),
      })),
    },
  };
}

function backendRef({ kind, name = "", port, weight }: Backend, weighted: boolean): Mapping {
  if (kind === "TraefikService") return { group: TRAEFIK_GROUP, kind, name };
  return { name, ...(port === undefined ? {} : { port }), ...(weighted || weight !== 1 ? { weight } : {}) };
}

/** What the rules of a route serve for each of its hosts. */
export function servedByRules(
  rules: Value | undefined,
  hosts: readonly string[],
  backendOf: (reference: Mapping) => Backend,
): readonly Served[] {
  return mappingsIn(rules).flatMap((rule) => {
    const backends = mappingsIn(rule.backendRefs).map(backendOf);
    const matches = mappingsIn(rule.matches);
    return hosts.flatMap((host) =>
      (matches.length === 0 ? [{}] : matches).map((match) => ({
        host,
        match: matchOf(match),
        backends,
        middlewares: middlewaresOf(rule.filters),
      })),
    );
  });
}

/** The listeners that an HTTPRoute attaches to, and what it serves there. */
export function readHttpRoute(
  route: Mapping,
  namespace: string,
): { readonly parentRefs: readonly Mapping[]; readonly served: readonly Served[] } {
  const hostnames = fieldAt(route, ["spec", "hostnames"]);
  const hosts = Array.isArray(hostnames) ? hostnames.map(scalarText) : [""];
  const served = servedByRules(fieldAt(route, ["spec", "rules"]), hosts, backendOf);
  const parentRefs = mappingsIn(fieldAt(route, ["spec", "parentRefs"])).map((reference) => ({
    namespace,
    ...reference,
  }));
  return { parentRefs, served };
}

function backendOf(reference: Mapping): Backend {
  return {
    kind: reference.kind === "TraefikService" ? "TraefikService" : "Service",
    name:
      isMapping(reference) && reference.namespace !== undefined
        ? `${scalarText(reference.namespace)}/${scalarText(reference.name)}`
        : scalarText(reference.name),
    ...(typeof reference.port === "number" ? { port: reference.port } : {}),
    weight: typeof reference.weight === "number" ? reference.weight : 1,
  };
}
