import { DNS_SUBDOMAIN } from "../../../../../lib/dns-names.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { mappingsIn, type Value } from "../../../../gitops/yaml/values.ts";
import type { Loss } from "../../../losses.ts";
import type { IngressAnnotations } from "./annotations.ts";
import { rewrittenPath, type WrittenPath } from "../controllers/nginx-rewrites.ts";
import type { Controller } from "../controllers/controller.ts";
import { pathOf, type Prefix, type Served } from "./served.ts";

/** The path types of a route that are equivalent to Traefik's matchers. */
export const PATH_MATCHERS: Readonly<Record<string, string>> = {
  Path: "Exact",
  PathPrefix: "PathPrefix",
  PathRegexp: "RegularExpression",
};

/** The equivalent path type of a route; undefined if there is none. */
function pathType(type: string, pathMatcher: string): string | undefined {
  if (type === "Exact") return "Exact";
  if (type === "Prefix") return "PathPrefix";
  return type === "ImplementationSpecific" ? PATH_MATCHERS[pathMatcher] : undefined;
}

/** How a route matches a path, and the filters for it alone, as JSON. */
export interface RoutePath {
  readonly value: string;
  /** Undefined if a route has no equivalent. */
  readonly type: string | undefined;
  readonly filters: readonly string[];
  readonly prefixes: readonly Prefix[];
  readonly losses: readonly Loss[];
}

/** What becomes of a path of an Ingress. */
export function routePath(written: WrittenPath, annotations: IngressAnnotations): RoutePath {
  const { rewriteTarget, pathMatcher } = annotations;
  const rewritten = rewriteTarget === undefined ? undefined : rewrittenPath(written, rewriteTarget);
  if (!rewritten) {
    const type = pathType(written.pathType, pathMatcher);
    const prefixes = prefixOf(written.path, written.pathType, type);
    return { value: written.path, type, filters: [], prefixes, losses: [] };
  }
  const { prefix: value, filter, difference } = rewritten;
  return {
    value,
    type: "PathPrefix",
    filters: filter ? [JSON.stringify(filter)] : [],
    prefixes: [],
    losses: difference === undefined ? [] : [{ kind: "path-prefix", message: difference }],
  };
}

/** Why hosts and paths cannot move to a route. */
export function refusalsOf(served: readonly Served[]): readonly string[] {
  const hosts = new Set(served.map(({ host }) => host));
  const paths = new Set(served.map((one) => pathOf(one)[1]));
  return [
    ...(served.length === 0 ? ["it has no host with a path"] : []),
    ...(hosts.has("") ? ["a rule without a host serves every host of the class"] : []),
    ...[...hosts]
      .filter((host) => host.startsWith("*"))
      .map((host) => `${host} matches one label in an Ingress, but any number of labels in a route`),
    ...[...hosts]
      .filter((host) => host.includes("ENC["))
      .map(() => "SOPS has encrypted its host, so this step cannot read it: write it as a variable first"),
    ...[...hosts]
      .filter((host) => isInvalidHost(host) && !host.includes("ENC["))
      .map(
        (host) =>
          `an HTTPRoute does not accept the host ${host}, so Flux could not apply it: ${
            isInvalidHost(host.toLowerCase()) ? "use another name" : "write it in lower case"
          } first`,
      ),
    ...[...paths]
      .filter((path) => !path.startsWith("/") && !path.startsWith("^"))
      .map((path) => `path ${path} does not start with /`),
    ...served
      .map(pathOf)
      .filter(isInvalid)
      .map(
        ([, path]) =>
          `an HTTPRoute does not accept the path ${path}, and Traefik does not read it as a regular expression: write the path that it should serve`,
      ),
  ];
}

/** Whether the API server rejects a host, according to the pattern of Hostname in the Gateway API; templates and variables are let through. */
function isInvalidHost(host: string): boolean {
  if (host === "" || host.startsWith("*") || /\$\{|\{\{/.test(host)) return false;
  return !DNS_SUBDOMAIN.test(host);
}

/** Whether the API server rejects a path, according to the validation rules of HTTPPathMatch in the Gateway API. */
function isInvalid([type, path]: ReturnType<typeof pathOf>): boolean {
  if (type === "RegularExpression" || !path.startsWith("/")) return false;
  return (
    !/^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/.test(path) ||
    /\/\/|\/\.\.?(?:\/|$)|%2f/i.test(path)
  );
}

/** Prefixes that would match other paths, because a route compares path segments and the controller compares characters. */
export function comparedPrefixes(
  prefixes: readonly Prefix[],
  controller: Controller | undefined,
): readonly string[] {
  const compared = prefixes
    .filter(({ path }) => path !== "/")
    .filter(({ pathType }) => controller?.matchesCharacters(pathType) ?? true);
  return [...new Set(compared.map(({ path }) => path))];
}

/** {@link comparedPrefixes} as losses. */
export function prefixLosses(
  prefixes: readonly Prefix[],
  controller: Controller | undefined,
): readonly Loss[] {
  const name = controller?.name ?? "an Ingress controller";
  return comparedPrefixes(prefixes, controller).map((path) => ({
    kind: "path-prefix",
    message: path.endsWith("/")
      ? `path ${path} would also match ${path.slice(0, -1)}: a route compares path segments, but ${name} compares characters`
      : `path ${path} would no longer match ${path}x: a route compares path segments, but ${name} compares characters`,
  }));
}

/** A path and its type, if it matches as a prefix. */
export function prefixOf(path: string, pathType: string, type: string | undefined): readonly Prefix[] {
  return type === "PathPrefix" ? [{ path, pathType }] : [];
}

/** The hosts in the `tls` list of an Ingress. */
export function tlsHostsOf(tls: Value | undefined): readonly string[] {
  return mappingsIn(tls).flatMap(({ hosts }) => (Array.isArray(hosts) ? hosts.map(scalarText) : []));
}

/** Names of the Secrets in the `tls` list of an Ingress. */
export function secretsOf(tls: Value | undefined): readonly string[] {
  const names = mappingsIn(tls).map(({ secretName }) => scalarText(secretName));
  return [...new Set(names.filter((name) => name !== ""))];
}
