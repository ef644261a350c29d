import type { KubeObject } from "../../../../../kube/objects.ts";
import { attachmentProblems } from "../../../../../policy/objects/attachment.ts";
import { allRoutes } from "../../../../../policy/objects/routes.ts";
import { at, fields, list, texts, type Fields } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import { listenersOf, problemOf, type RoutePlace } from "../gateway/gateway.ts";

const plainListeners = (gateway: KubeObject): readonly Fields[] =>
  list(at(gateway, ["spec", "listeners"]))
    .map(fields)
    .filter(({ protocol }) => protocol === "HTTP");

/**
 * The hosts of a route that no plain listener serves through these parentRefs.
 * @param place with `redirected`, the ports that redirect every request
 */
export function hostsWithoutPlain(
  gateway: KubeObject,
  parentRefs: readonly Fields[],
  { namespace, hosts, redirected = new Set() }: RoutePlace & { readonly redirected?: ReadonlySet<unknown> },
  cluster: BuiltCluster,
): readonly string[] {
  const listeners = parentRefs
    .flatMap((parent) => listenersOf(gateway, parent))
    .filter(({ protocol, port }) => protocol === "HTTP" && !redirected.has(port));
  return hosts.filter(
    (host) =>
      !listeners.some(
        ({ name }) => problemOf(gateway, { sectionName: name }, { namespace, host }, cluster) === undefined,
      ),
  );
}

/** Whether a Gateway listens for plain HTTP. */
export const hasPlainListener = (gateway: KubeObject): boolean => plainListeners(gateway).length > 0;

/** Whether an HTTPRoute in the repository redirects plain HTTP requests for all these hosts to HTTPS. */
export function redirectsPlainHttp(
  gateway: KubeObject,
  hosts: readonly string[],
  cluster: BuiltCluster,
): boolean {
  const plain = plainListeners(gateway);
  const index = indexOf(cluster);
  const redirecting = allRoutes(index)
    .filter(({ route }) => list(at(route.spec, ["rules"])).some(isRedirect))
    .filter(({ route }) =>
      list(at(route.spec, ["parentRefs"]))
        .map(fields)
        .filter(
          ({ name, namespace = route.metadata.namespace }) =>
            name === gateway.metadata.name && namespace === gateway.metadata.namespace,
        )
        .some(
          ({ sectionName }) =>
            plain.some(({ name }) => sectionName === undefined || sectionName === name) &&
            [
              ...attachmentProblems(route, { sectionName: sectionName ?? plain[0]?.name }, gateway, {
                objects: index,
              }),
            ].length === 0,
        ),
    );
  return hosts.every((host) =>
    redirecting.some(({ route }) => {
      const own = texts(at(route.spec, ["hostnames"]));
      return (
        own.length === 0 ||
        own.some((one) => one === host || (one.startsWith("*.") && host.endsWith(one.slice(1))))
      );
    }),
  );
}

/**
 * Whether an HTTPRoute only redirects everything on a listener to HTTPS. It competes with no other route, because a route with hostnames takes
 * precedence over one without.
 */
export function isPlainRedirect({ spec }: KubeObject): boolean {
  const { parentRefs, hostnames, rules } = fields(spec);
  return (
    list(hostnames).length === 0 &&
    list(parentRefs).every((parent) => fields(parent).sectionName !== undefined) &&
    list(rules).length > 0 &&
    list(rules).every(isRedirect)
  );
}

function isRedirect(rule: unknown): boolean {
  const { filters, matches } = fields(rule);
  const everywhere = list(matches).length === 0 || list(matches).some((match) => isWhole(match));
  return (
    everywhere &&
    list(filters)
      .map((filter) => fields(fields(filter).requestRedirect))
      .some(({ scheme }) => scheme === "https")
  );
}

function isWhole(match: unknown): boolean {
  const { path, ...others } = fields(match);
  const { type = "PathPrefix", value = "/" } = fields(path);
  return Object.keys(others).length === 0 && type === "PathPrefix" && value === "/";
}
