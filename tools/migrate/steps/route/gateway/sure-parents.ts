import type { KubeObject } from "../../../../../kube/objects.ts";
import { hasPlaceholder } from "../../../../../policy/objects/app-template.ts";
import { mayOutrank, surelyOverlap } from "../../../../../policy/objects/host-precedence.ts";
import { text, type Fields } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { isSurelyServed, listenersOf, type RoutePlace } from "./gateway.ts";
import type { DnsRecord } from "../outcome.ts";

/**
 * The parentRefs without those that a route does not need: they accept it only for some value of a variable, and for each such value another listener of the
 * same port gets the requests. Listeners that would be equal then are conflicted, and neither works.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#gatewayspec (listeners: distinct and most specific hostnames)
 */
export function neededOf<T extends Fields>(
  parentRefs: readonly T[],
  gateway: KubeObject,
  { namespace, hosts }: RoutePlace,
  cluster: BuiltCluster,
): readonly T[] {
  const named = parentRefs.flatMap((parent) => listenersOf(gateway, parent));
  return parentRefs.filter((parent) => {
    const [own, ...others] = listenersOf(gateway, parent);
    if (!own || others.length > 0 || dependsOn(gateway, [parent], { namespace, hosts }).length === 0)
      return true;
    return !hosts.every((host) =>
      named.some(
        (one) =>
          one.port === own.port &&
          one.protocol === own.protocol &&
          surelyOverlap(text(one.hostname), host) &&
          !mayOutrank(text(own.hostname), text(one.hostname), host) &&
          isSurelyServed(gateway, { sectionName: one.name }, { namespace, host }, cluster),
      ),
    );
  });
}

/** The hostnames on which it depends, because of a variable, whether any listener of these parentRefs accepts a route. */
function dependsOn(
  gateway: KubeObject,
  parentRefs: readonly Fields[],
  { hosts }: RoutePlace,
): readonly string[] {
  const names = parentRefs
    .flatMap((parent) => listenersOf(gateway, parent))
    .map(({ hostname }) => text(hostname));
  if (hosts.length === 0 || hosts.some((host) => names.some((name) => surelyOverlap(name, host)))) return [];
  return [...names, ...hosts].flatMap((name) => (name !== undefined && hasPlaceholder(name) ? [name] : []));
}

/** The parentRefs of a route of which only the value of a variable decides whether they accept it; undefined if there are none. */
export function dependentParents(
  parentRefs: readonly Fields[],
  gateway: KubeObject | undefined,
  place: RoutePlace,
): DnsRecord["dependent"] {
  if (!gateway) return undefined;
  const open = parentRefs.map((parent) => ({ parent, names: dependsOn(gateway, [parent], place) }));
  const dependent = open.filter(({ names }) => names.length > 0);
  if (dependent.length === 0) return undefined;
  const variables = dependent.flatMap(({ names }) =>
    names.flatMap((name) => name.match(/\$\{[^}]*\}|\{\{.*?\}\}/g) ?? []),
  );
  return {
    parents: dependent.map(({ parent }) => nameOf(parent)).join(", "),
    variables: [...new Set(variables)].join(", "),
  };
}

const nameOf = ({ sectionName, port }: Fields): string =>
  text(sectionName) ?? (typeof port === "number" ? `port ${port}` : "all");

/** What to check of {@link dependentParents}, once for the same ones. */
export function dependentLines(records: readonly DnsRecord[]): readonly string[] {
  const open = records.flatMap(({ gateway, host, dependent }) =>
    dependent ? [{ gateway, host, ...dependent }] : [],
  );
  const same = Map.groupBy(open, ({ gateway, parents, variables }) =>
    [gateway, parents, variables].join("\n"),
  );
  return [...same].map(([key, own]) => {
    const [gateway = "", parents = "", variables = ""] = key.split("\n");
    const hosts = [...new Set(own.map(({ host }) => host))].join(", ");
    return `Gateway ${gateway}: whether its listeners (${parents}) accept the routes of ${hosts} depends on ${variables}, whose ${variables.includes(",") ? "values are" : "value is"} not known here. Compare the hostnames before the commit, and remove the parentRefs that cannot match from the routes: their status would say Accepted=False (NoMatchingListenerHostname) for good`;
  });
}
