import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { mappingsIn, type Mapping } from "../../../../gitops/yaml/values.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { fieldAt } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { controllerOf } from "../controllers/classes.ts";
import { traefik } from "../controllers/traefik.ts";
import { isExpressible } from "../reading/ingress-route.ts";
import { parseRule, type Matcher } from "../reading/traefik-rule.ts";
import type { RouteOptions } from "../options.ts";
import { otherOrders } from "./other-orders.ts";
import { isHttpRoute, isIngress } from "../reading/kinds.ts";
import { competing, keepsPlace, weightOf, type Pair, type Ranked } from "./precedence.ts";
import { readingsOf, routesIn } from "../reading/readings.ts";
import type { Reading } from "../reading/served.ts";

/**
 * Why Ingresses in a cluster cannot become routes, by their `source`: they share a host, and a different one of them would answer. Traefik
 * prefers the longest rule, whichever object it is in; a route is chosen by its path.
 */
export const reorderedSources = oncePer((options: RouteOptions) =>
  oncePer((cluster: BuiltCluster): ReadonlyMap<string, string> => {
    const found = new Map<string, string>();
    for (const pair of pairsOf(options)(cluster)) {
      const { first, second, reordered } = pair;
      const fixed = [first, second].filter(({ isFixed }) => isFixed);
      const [moving, other] = first.isFixed ? [second, first] : [first, second];
      // Of one host, the other stays in any case: its rules stay whole.
      const isOther = fixed.length === 1 && moving.served.host !== other.served.host;
      if (isOther && displaces(moving, other, options)) found.set(moving.source ?? "", whyDivided(pair));
      if (!reordered || fixed.length > 0) continue;
      for (const { source = "" } of [first, second]) found.set(source, describe(pair));
    }
    return found;
  }),
);

function describe({ first, second, reason }: Pick<Pair, "first" | "second" | "reason">): string {
  if (reason !== undefined) return reason;
  const { host } = first.served;
  const rules =
    first.source === second.source ? "its rules" : `the rules of ${first.source} and ${second.source}`;
  return `${rules} for ${host} would match in a different order: among Ingresses, Traefik prefers the longest rule or the highest priority; among routes, the most specific path`;
}

/** Whether the route of a rule might answer other requests than the rule does today, next to one that stays. */
function displaces(moved: Ranked, staying: Ranked, { keepIngress }: RouteOptions): boolean {
  return !keepIngress && moved.source !== staying.source && !keepsPlace(moved, staying);
}

const whyDivided = ({ first, second }: Pick<Pair, "first" | "second">): string =>
  `${first.source} and ${second.source} compete for requests to ${first.served.host}, and only one of them would move`;

/**
 * Why the routes of an object are not safe: a request to one of its hosts may get another answer, because rules match in a different order, or
 * because a competing Ingress stays.
 */
export function whyReordered(
  hosts: ReadonlySet<string>,
  { options }: StepContext,
  { before, after }: { readonly before: BuiltCluster | undefined; readonly after: BuiltCluster | undefined },
): string | undefined {
  if (before === undefined || after === undefined) return undefined;
  const staying = sourcesOf(options.route)(after);
  const stays = ({ source = "" }: Ranked): boolean => staying.has(source) && !source.startsWith("HTTPRoute");
  for (const pair of pairsOf(options.route)(before)) {
    const { first, second, reordered } = pair;
    if (!hosts.has(first.served.host)) continue;
    const [moved, other] = stays(first) ? [second, first] : [first, second];
    if (stays(first) !== stays(second) && displaces(moved, other, options.route)) return whyDivided(pair);
    if (reordered && (options.route.keepIngress || (!stays(first) && !stays(second)))) return describe(pair);
  }
  return undefined;
}

const pairsOf = oncePer((options: RouteOptions) =>
  oncePer((cluster: BuiltCluster): readonly Pair[] => [
    ...competing(contendersOf(options)(cluster)),
    ...otherOrders(options)(cluster),
  ]),
);

/** The rules in a cluster that Traefik sorts by precedence. */
const contendersOf = oncePer((options: RouteOptions) =>
  oncePer((cluster: BuiltCluster): readonly Ranked[] => [
    ...readingsOf(options)(cluster).flatMap(({ object, reading, source }) => [
      ...rankedBy(reading, cluster, source),
      ...(isIngress(object) ? fixedContenders(object, reading, source) : []),
    ]),
    ...routesIn(cluster)
      .filter(({ object }) => isHttpRoute(object))
      .flatMap(({ source, served }) =>
        served.map((one) => ({ served: one, rank: weightOf(one) + one.host.length, source })),
      ),
  ]),
);

/** The sources of {@link contendersOf}. */
const sourcesOf = oncePer((options: RouteOptions) =>
  oncePer(
    (cluster: BuiltCluster): ReadonlySet<string | undefined> =>
      new Set(contendersOf(options)(cluster).map(({ source }) => source)),
  ),
);

/** The rules of an IngressRoute that a route cannot express: they may match any request to their hosts. */
function fixedContenders(
  object: Mapping,
  { entryPoints, ingressClass }: Reading,
  source: string,
): readonly Ranked[] {
  return mappingsIn(fieldAt(object, ["spec", "routes"])).flatMap((route) => {
    const rule = scalarText(route.match);
    if (isExpressible(rule)) return [];
    const rank = typeof route.priority === "number" && route.priority > 0 ? route.priority : rule.length;
    return hostsOf(rule).map((host): Ranked => ({
      served: {
        host,
        match: { path: { type: "RegularExpression", value: rule } },
        backends: [],
        middlewares: [source],
      },
      rank,
      entryPoints,
      ingressClass,
      source,
      isFixed: true,
    }));
  });
}

/** The hosts that a rule may match: names, wildcards, or an empty one for any host. */
function hostsOf(rule: string): readonly string[] {
  const alternatives = parseRule(rule);
  if (typeof alternatives !== "string") return [...new Set(alternatives.map(hostOf))];
  const named = [...rule.matchAll(/(!?)\bHost\(\s*[`"]([^`"]*)/g)];
  const isOpen = named.length === 0 || named.some(([, negation]) => negation === "!");
  return isOpen || /HostRegexp|!\s*\(/.test(rule) ? [""] : named.map(([, , host = ""]) => host);
}

function hostOf(matchers: readonly Matcher[]): string {
  const valueOf = (wanted: string): string | undefined =>
    matchers.find(({ name }) => name === wanted)?.args[0];
  const pattern = valueOf("HostRegexp") ?? "";
  // What follows the last group, class or quantifier; one of several alternatives of the expression says nothing about the others.
  const [, end = ""] = /(?<!\\)((?:\\\.|[\w-]|\$\{\w+\})+)\$$/.exec(pattern) ?? [];
  const hasOthers = pattern.replace(/\([^()]*\)/g, "").includes("|");
  return valueOf("Host") ?? (end === "" || hasOthers ? "" : `*${lowerCased(end.replaceAll("\\", ""))}`);
}

/** A host in lower case, except for the names of variables. */
const lowerCased = (host: string): string =>
  host.replace(/\$\{\w+\}|[^$]+/g, (part) => (part.startsWith("$") ? part : part.toLowerCase()));

/** The rules, if Traefik is known to serve them; for others, see {@link otherOrders}. */
function rankedBy(reading: Reading, cluster: BuiltCluster, source: string): readonly Ranked[] {
  const { ingressClass, entryPoints } = reading;
  const isTraefik = source.startsWith("IngressRoute") || controllerOf(ingressClass, cluster) === traefik;
  if (!isTraefik) return [];
  return reading.served.map((served) => ({
    served,
    rank: served.rank ?? 0,
    entryPoints,
    ingressClass,
    source,
    ...(reading.refusals.length > 0 && { isFixed: true as const }),
  }));
}
