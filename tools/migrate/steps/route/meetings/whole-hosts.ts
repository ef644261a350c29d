import { agreeing } from "../../../../../lib/counted.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { StepContext } from "../../../step.ts";
import { nginx } from "../controllers/nginx.ts";
import { servedHosts, type ServedHost } from "../reading/hosts.ts";
import { whyServedByChart } from "./chart-routers.ts";
import { whyServedByTcp } from "./tcp-routes.ts";
import type { CutoverNote, DnsRecord } from "../outcome.ts";

/** Why Ingresses that could move stay: for each cluster, by their source. */
export type HeldSources = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * The Ingresses that must stay because another one of their host stays: the host has one address, which would answer only half of its paths,
 * and a login at `$host/oauth2` would find its callback on the other side.
 *
 * An Ingress of a class that is not asked to move keeps its host only if an annotation names it: classes move one after another. One without a class
 * keeps it.
 * @returns undefined if none is added to `held`
 */
export function heldSources(
  records: readonly DnsRecord[],
  held: HeldSources,
  context: StepContext,
): HeldSources | undefined {
  const { clusters, options } = context;
  const { route } = options;
  const all = new Map([...held].map(([cluster, sources]) => [cluster, new Map(sources)]));
  let isMore = false;
  for (const cluster of clusters) {
    const reasons = new Map<string, string>();
    for (const one of stayingHosts(records, cluster)) {
      const annotation = namesItsHost(one);
      const ingressClass = one.ingressClass || route.defaultClass;
      const movesLater = ingressClass !== undefined && !Object.hasOwn(route.gateways, ingressClass);
      if (movesLater && annotation === undefined) continue;
      const why = annotation === undefined ? "" : `, and its annotation ${annotation} names the host`;
      reasons.set(one.host, `host ${one.host} stays whole: ${one.source} serves it too and stays${why}`);
    }
    const sources = all.get(cluster.name) ?? new Map<string, string>();
    for (const record of records) {
      if (record.cluster !== cluster.name) continue;
      const reason =
        reasons.get(record.host) ??
        whyServedByTcp(record, cluster, context) ??
        whyServedByChart(record, cluster, context);
      if (reason === undefined || sources.has(record.source)) continue;
      sources.set(record.source, reason);
      isMore = true;
    }
    all.set(cluster.name, sources);
  }
  return isMore ? all : undefined;
}

/** Hosts that move only in part, because an Ingress of a class that is not asked to move serves them too. */
export function splitHosts(
  records: readonly DnsRecord[],
  clusters: readonly BuiltCluster[],
): readonly CutoverNote[] {
  return clusters.flatMap((cluster) =>
    [...Map.groupBy(stayingHosts(records, cluster), ({ host }) => host)].map(([host, own]): CutoverNote => {
      const names = [...new Set(own.map(({ source }) => source))];
      return {
        kind: "cutover",
        message: `${host} in ${cluster.name}: has both a route and an Ingress until ${agreeing(names, "moves", "move")} too, and its DNS record can point to only one of them`,
      };
    }),
  );
}

/** The Ingresses in a cluster that stay, for the hosts that others move. */
function stayingHosts(records: readonly DnsRecord[], cluster: BuiltCluster): readonly ServedHost[] {
  const moved = records.filter((record) => record.cluster === cluster.name);
  const [hosts, sources] = [
    new Set(moved.map(({ host }) => host)),
    new Set(moved.map(({ source }) => source)),
  ];
  return servedHosts(cluster).filter(({ host, source }) => hosts.has(host) && !sources.has(source));
}

/** The first annotation of ingress-nginx with the host, as text or as nginx's variable: a login, a redirect, a rewrite. */
function namesItsHost({ host, annotations }: ServedHost): string | undefined {
  return Object.keys(annotations).find((name) => {
    const value = scalarText(annotations[name]);
    return (
      name.startsWith(nginx.prefix) && (/\$(?:http_|best_http_)?host\b/.test(value) || value.includes(host))
    );
  });
}
