import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { fieldAt } from "../../objects.ts";
import type { Served } from "./served.ts";

/** The type of path in a route; undefined where there is none like it. */
export function pathType(type: string, pathMatcher: string): string | undefined {
  if (type === "Exact") return "Exact";
  if (type === "Prefix") return "PathPrefix";
  const matchers: Readonly<Record<string, string>> = {
    Path: "Exact",
    PathPrefix: "PathPrefix",
    PathRegexp: "RegularExpression",
  };
  return type === "ImplementationSpecific" ? matchers[pathMatcher] : undefined;
}

/** Why hosts and paths cannot be a route's. */
export function refusalsOf(served: readonly Served[]): readonly string[] {
  const hosts = new Set(served.map(({ host }) => host));
  const paths = new Set(served.map(({ match }) => scalarText(fieldAt(match, ["path", "value"]))));
  return [
    ...(served.length === 0 ? ["it has no host with a path"] : []),
    ...(hosts.has("") ? ["a rule without a host answers for every host of the class"] : []),
    ...[...hosts]
      .filter((host) => host.startsWith("*"))
      .map((host) => `${host} is one label of a name in an Ingress, and any number in a route`),
    ...[...paths]
      .filter((path) => !path.startsWith("/") && !path.startsWith("^"))
      .map((path) => `path ${path} does not start with /`),
    ...served.filter(isInvalid).map(({ match }) => {
      const path = scalarText(fieldAt(match, ["path", "value"]));
      return `path ${path} is none that an HTTPRoute may have, and no regular expression to Traefik: write what it is meant to answer`;
    }),
  ];
}

/** Whether the API server refuses a path: the validations of HTTPPathMatch in the Gateway API. */
function isInvalid({ match }: Served): boolean {
  const path = scalarText(fieldAt(match, ["path", "value"]));
  if (fieldAt(match, ["path", "type"]) === "RegularExpression" || !path.startsWith("/")) return false;
  return (
    !/^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/.test(path) ||
    /\/\/|\/\.\.?(?:\/|$)|%2f/i.test(path)
  );
}

/**
 * Prefixes that meet less than before: Traefik compares characters for Ingresses and IngressRoutes, and parts of the path for routes (buildPathRule in its
 * Gateway provider, buildRule in that of Ingresses).
 */
export function pathLosses(served: readonly Served[]): readonly string[] {
  const prefixes = served
    .filter(({ match }) => fieldAt(match, ["path", "type"]) === "PathPrefix")
    .map(({ match }) => scalarText(fieldAt(match, ["path", "value"])))
    .filter((path) => !path.endsWith("/"));
  return [...new Set(prefixes)].map(
    (path) =>
      `path ${path}: an Ingress of Traefik answers ${path}x too, a route ${path} and what is below ${path}/ alone`,
  );
}

/** Names of the Secrets in the `tls` list of an Ingress. */
export function secretsOf(tls: Value | undefined): readonly string[] {
  const names = fieldList(tls).map(({ secretName }) => scalarText(secretName));
  return [...new Set(names.filter((name) => name !== ""))];
}

/** The mappings of a list. */
export function fieldList(value: Value | undefined): readonly Mapping[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}
