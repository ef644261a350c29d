import { named } from "../../../../../lib/counted.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import { attachmentProblems } from "../../../../../policy/objects/attachment.ts";
import { GATEWAY, HTTP_ROUTE } from "../../../../../policy/objects/kinds.ts";
import { at, fields, list, text, type Fields } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { describeCluster, indexOf } from "../../../clusters.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";
import type { RouteOptions } from "../options.ts";
import type { DnsRecord } from "../outcome.ts";

type GatewayOption = RouteOptions["gateways"][string];

/** The Gateway that an option names, if the cluster receives it from the repository. */
export function gatewayIn(
  cluster: BuiltCluster | undefined,
  { namespace, name }: Pick<GatewayOption, "namespace" | "name">,
): KubeObject | undefined {
  return cluster && indexOf(cluster).get(GATEWAY, namespace, name);
}

/** Why it is not certain that a Gateway exists: the repository has Gateways, but not this one. */
export function whyMissing(
  ingressClass: string,
  gateway: GatewayOption,
  cluster: BuiltCluster | undefined,
  clusters: readonly BuiltCluster[],
): string | undefined {
  if (gateway.elsewhere || !cluster || gatewayIn(cluster, gateway)) return undefined;
  const own = gatewaysIn(cluster);
  const all = own.length > 0 ? own : clusters.flatMap(gatewaysIn);
  if (all.length === 0) return undefined;
  const id = `${gateway.namespace}/${gateway.name}`;
  const near = own.find((one) => isNear(one, id));
  const known = own.length === 0 ? "has no Gateway" : `has ${own.join(", ")}`;
  const hint = near === undefined ? "" : ` (${near}?)`;
  return `Gateway ${id} is not in this repository: ${describeCluster(cluster)} ${known}. Correct route.gateways.${ingressClass}${hint}, or set its \`elsewhere\` to true in ${OPTIONS_FILE} if something else creates the Gateway`;
}

/** What to check if the repository has no Gateway at all: something else creates them, or nothing does. */
export function unseenGateways(
  { gateways }: Pick<RouteOptions, "gateways">,
  clusters: readonly BuiltCluster[],
): readonly string[] {
  if (clusters.some((cluster) => gatewaysIn(cluster).length > 0)) return [];
  const unseen = Object.values(gateways).filter(({ elsewhere }) => !elsewhere);
  return [
    ...new Set(unseen.map(({ namespace, name }) => `kubectl get gateway --namespace ${namespace} ${name}`)),
  ].map(
    (command) =>
      `this repository has no Gateway: before the commit, \`${command}\` must show it as programmed in every cluster, or the hosts go down`,
  );
}

/** What to check before the commit if routes attach to every listener of a Gateway that the repository does not show: once per Gateway. */
export function blindAttachments(records: readonly DnsRecord[]): readonly string[] {
  const open = records.filter(({ attachesBlindly }) => attachesBlindly);
  return [...Map.groupBy(open, ({ gateway }) => gateway)].map(([gateway, own]) => {
    const classes = [...new Set(own.map(({ ingressClass }) => ingressClass))];
    return `Gateway ${gateway}: routes of ${named(classes, "class", "classes")} that name no entry point attach to all its listeners, which this repository does not show; if one of them is open to other networks than the controller is today, name those for the class in route.gateways (elsewhere, entryPoints, httpsListeners)`;
  });
}

const gatewaysIn = (cluster: BuiltCluster): readonly string[] =>
  indexOf(cluster)
    .ofKind(GATEWAY)
    .map(({ metadata: { namespace = "", name } }) => `${namespace}/${name}`);

/** Whether a Gateway is probably meant by another name: the same name elsewhere, or one that ends in it. */
function isNear(one: string, other: string): boolean {
  const [a = "", b = ""] = [one, other].map((id) => id.split("/")[1]);
  return a === b || a.endsWith(b) || b.endsWith(a) || a.startsWith(b);
}

/** Where a route would be. */
export interface RoutePlace {
  readonly namespace: string;
  readonly hosts: readonly string[];
}

/** Why a Gateway does not serve a host of a route through these parentRefs; undefined if it serves all. */
export function whyNotAdmitted(
  gateway: KubeObject,
  parentRefs: readonly Fields[],
  { namespace, hosts }: RoutePlace,
  cluster: BuiltCluster,
): string | undefined {
  for (const host of hosts) {
    const problems = parentRefs.map((parent) => problemOf(gateway, parent, { namespace, host }, cluster));
    const [problem] = problems;
    if (problems.length > 0 && problems.every((one) => one !== undefined)) return problem?.replace(/\.$/, "");
  }
  return undefined;
}

/**
 * The parentRefs through which a Gateway serves any host of a route. A route is never accepted by the others, and its status would say so for good.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#routeconditionreason (NoMatchingListenerHostname)
 */
export function acceptingOf<T extends Fields>(
  parentRefs: readonly T[],
  gateway: KubeObject,
  { namespace, hosts }: RoutePlace,
  cluster: BuiltCluster,
): readonly T[] {
  if (hosts.length === 0) return parentRefs;
  return parentRefs.filter((parent) =>
    hosts.some((host) => problemOf(gateway, parent, { namespace, host }, cluster) === undefined),
  );
}

/** Why a Gateway does not serve a host of a route through a parentRef; undefined if it does. */
export function problemOf(
  gateway: KubeObject,
  parent: Fields,
  place: HostPlace,
  cluster: BuiltCluster,
): string | undefined {
  for (const outcome of outcomesOf(gateway, parent, place, cluster))
    if ("message" in outcome) return outcome.message;
  return undefined;
}

/** Whether a Gateway serves a host of a route through a parentRef, and nothing about that is unknown. */
export function isSurelyServed(
  gateway: KubeObject,
  parent: Fields,
  place: HostPlace,
  cluster: BuiltCluster,
): boolean {
  return [...outcomesOf(gateway, parent, place, cluster)].length === 0;
}

/** One host of a route, and where that is. */
interface HostPlace {
  readonly namespace: string;
  readonly host: string;
}

function outcomesOf(
  gateway: KubeObject,
  parent: Fields,
  { namespace, host }: HostPlace,
  cluster: BuiltCluster,
): ReturnType<typeof attachmentProblems> {
  const route: KubeObject = {
    apiVersion: `${HTTP_ROUTE.group}/v1`,
    kind: HTTP_ROUTE.kind,
    metadata: { name: "", namespace },
    spec: { hostnames: [host] },
  };
  return attachmentProblems(route, parent, gateway, { objects: indexOf(cluster) });
}

/** The listeners that a parentRef selects. */
export function listenersOf(gateway: KubeObject, { sectionName, port }: Fields): readonly Fields[] {
  return list(at(gateway, ["spec", "listeners"]))
    .map(fields)
    .filter((one) => (sectionName ?? one.name) === one.name && (port ?? one.port) === one.port);
}

/** The names of the listeners of a protocol that serve any of a route's hosts, each with its port. */
export function listenersFor(
  gateway: KubeObject,
  wanted: "HTTP" | "HTTPS",
  { namespace, hosts }: RoutePlace,
  cluster: BuiltCluster,
): readonly { readonly name: string; readonly port: unknown }[] {
  return list(at(gateway, ["spec", "listeners"]))
    .map(fields)
    .filter(({ protocol }) => protocol === wanted)
    .map(({ name, port }) => ({ name: text(name) ?? "", port }))
    .filter(({ name: sectionName }) =>
      (hosts.length === 0 ? ["*"] : hosts).some(
        (host) => problemOf(gateway, { sectionName }, { namespace, host }, cluster) === undefined,
      ),
    );
}

/** Whether a listener that a parentRef names is an HTTPS listener; undefined if the Gateway has no such listener. */
export function isHttps(gateway: KubeObject, { sectionName, port }: Fields): boolean | undefined {
  const listeners = list(at(gateway, ["spec", "listeners"]))
    .map(fields)
    .filter((listener) =>
      sectionName === undefined ? listener.port === port : listener.name === sectionName,
    );
  return listeners.length === 0 ? undefined : listeners.every(({ protocol }) => protocol === "HTTPS");
}
