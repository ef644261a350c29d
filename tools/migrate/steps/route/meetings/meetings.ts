import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { sameCluster } from "../../../clusters.ts";
import type { StepContext } from "../../../step.ts";
import { servesBoth } from "../gateway/doors.ts";
import { releaseNamespace } from "../reading/hosts.ts";
import type { RouteOptions } from "../options.ts";
import { parentsOf } from "../gateway/parents.ts";
import { competing, meetToday, type Pair, type Ranked } from "./precedence.ts";
import { readingsOf, routesIn, type ClusterReading } from "../reading/readings.ts";
import { answerOf, type Served } from "../reading/served.ts";

/** A rule and the listeners at which it is served, or would be. */
interface Placed extends Ranked {
  readonly source: string;
  /** Empty for an Ingress that does not move. */
  readonly parentRefs: readonly Mapping[];
  /** The Gateway of an Ingress's class; undefined for a route. */
  readonly gateway: RouteOptions["gateways"][string] | undefined;
}

/**
 * Why Ingresses in a cluster stay, by their `source`: behind their Gateway they would compete for requests with a rule that no client can
 * reach together with them today, because it belongs to another class, entry point or controller. Which of two equal routes answers depends on
 * their age and name, so one without a login may replace one with it.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule (matches)
 */
export const meetingSources = oncePer((context: StepContext) =>
  oncePer((cluster: BuiltCluster): ReadonlyMap<string, string> => {
    const moving = readingsOf(context.options.route)(cluster).flatMap((one) =>
      placedBy(one, cluster, context),
    );
    const meet = (one: Placed, other: Placed): boolean =>
      sharesListener(one, other) && !meetAlready(one, other, cluster, context);
    const found = new Map<string, string>();
    for (const { first, second } of competing([...moving, ...placedRoutes(cluster)], meet)) {
      const ingresses = [first, second].filter(({ gateway }) => gateway !== undefined);
      const { host } = first.served;
      const message = `${first.source} and ${second.source} answer ${host} differently, and no client reaches both today, because their class, entry point or controller differs; at one listener of Gateway ${gatewayText(first)}, only one of them would answer: give each a listener or a Gateway of its own, or remove one`;
      for (const { source } of ingresses) found.set(source, message);
    }
    return found;
  }),
);

/**
 * Why new routes are not safe: behind their listeners, a request to one of their hosts has two answers, and the rules that give them did not
 * meet before.
 */
export function whyMeeting(
  hosts: ReadonlySet<string>,
  context: StepContext,
  after: BuiltCluster | undefined,
): string | undefined {
  const before = sameCluster(after, context.clusters);
  if (before === undefined || after === undefined) return undefined;
  const known = meetingsBefore(context)(before);
  const found = meetingsAfter(after).find(
    ({ first, second }) =>
      (hosts.has(first.served.host) || hosts.has(second.served.host)) &&
      !known.has(pairKey({ first, second })),
  );
  return (
    found &&
    `${found.first.source} and ${found.second.source} would compete for requests to ${found.first.served.host} on Gateway ${gatewayText(found.first)}, and do not today`
  );
}

const meetingsAfter = oncePer((cluster: BuiltCluster) => competing(placedRoutes(cluster), sharesListener));

/** The pairs of rules that meet before the step, by {@link pairKey}. */
const meetingsBefore = oncePer((context: StepContext) =>
  oncePer((cluster: BuiltCluster): ReadonlySet<string> => {
    const ingresses = readingsOf(context.options.route)(cluster).flatMap((one) => {
      const [gateway, parentRefs] = [gatewayOf(one, context), []];
      return one.reading.served.map((served) => placed(one, served, { gateway, parentRefs }));
    });
    const meet = (one: Placed, other: Placed): boolean => meetAlready(one, other, cluster, context);
    return new Set(competing([...ingresses, ...placedRoutes(cluster)], meet).map(pairKey));
  }),
);

/** Identifies two rules of which each may be an Ingress's or a route's. */
function pairKey({ first, second }: Pick<Pair<Placed>, "first" | "second">): string {
  const keyOf = ({ served }: Placed): string =>
    JSON.stringify([served.host.toLowerCase(), served.match, answerOf(served)]);
  return JSON.stringify([first, second].map(keyOf).sort());
}

/** Whether a client can reach both rules today. */
function meetAlready(one: Placed, other: Placed, cluster: BuiltCluster, context: StepContext): boolean {
  if (!one.gateway && !other.gateway) return sharesListener(one, other);
  if (one.gateway && other.gateway) return one.ingressClass === other.ingressClass && meetToday(one, other);
  const { gateway, ingressClass } = one.gateway ? one : other;
  return gateway !== undefined && servesBoth(ingressClass ?? "", cluster, gateway, context);
}

function sharesListener(one: Placed, other: Placed): boolean {
  return one.parentRefs.some((mine) =>
    other.parentRefs.some(
      (its) =>
        mine.name === its.name &&
        mine.namespace === its.namespace &&
        ["sectionName", "port"].every(
          (key) => mine[key] === undefined || its[key] === undefined || mine[key] === its[key],
        ),
    ),
  );
}

/** The rules of an Ingress at the listeners that it would move to; none if it cannot move. */
function placedBy(one: ClusterReading, cluster: BuiltCluster, context: StepContext): readonly Placed[] {
  const { object, reading } = one;
  if (reading.refusals.length > 0) return [];
  const hosts = [...new Set(reading.served.map(({ host }) => host))];
  const moving = { reading, cluster, hosts, namespace: releaseNamespace(object), takesPort: true };
  const parents = parentsOf(moving, context);
  return typeof parents === "string" ? [] : reading.served.map((served) => placed(one, served, parents));
}

function placed(
  { source, reading: { ingressClass, entryPoints } }: ClusterReading,
  served: Served,
  where: Pick<Placed, "gateway" | "parentRefs">,
): Placed {
  return { ...where, source, served, ingressClass, entryPoints, rank: served.rank ?? 0 };
}

function gatewayOf(
  { reading: { ingressClass = "" } }: ClusterReading,
  context: StepContext,
): Placed["gateway"] {
  return context.options.route.gateways[ingressClass];
}

/** The rules of the routes in a cluster. */
const placedRoutes = oncePer((cluster: BuiltCluster): readonly Placed[] =>
  routesIn(cluster).flatMap(({ source, parentRefs, served }) =>
    served.map((one) => ({ served: one, source, parentRefs, gateway: undefined, rank: 0 })),
  ),
);

function gatewayText({ parentRefs: [parent = {}] }: Placed): string {
  return `${scalarText(parent.namespace)}/${scalarText(parent.name)}`;
}
