import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { controllerOf } from "../controllers/classes.ts";
import { isRegexHost } from "../controllers/nginx-regex-hosts.ts";
import { traefik } from "../controllers/traefik.ts";
import type { RouteOptions } from "../options.ts";
import { competing, type Pair, type Ranked } from "./precedence.ts";
import { readingsOf } from "../reading/readings.ts";
import { pathOf, type Served } from "../reading/served.ts";

/**
 * Rules of Ingresses of controllers other than Traefik of which another one may answer once they are routes. These controllers prefer the most
 * specific path, as a Gateway does, but not between equal paths: ingress-nginx takes that of the older Ingress (sortIngressSlice in
 * internal/ingress/controller/store/store.go), and a Gateway that of the older route, and then the first in the alphabet.
 */
export const otherOrders = oncePer((options: RouteOptions) =>
  oncePer((cluster: BuiltCluster): readonly Pair[] =>
    competing(rulesIn(cluster, options), ofOneClass).flatMap((pair) => {
      const reason = whyDifferent(pair, cluster);
      return reason === undefined ? [] : [{ ...pair, reordered: true, reason }];
    }),
  ),
);

const rulesIn = (cluster: BuiltCluster, options: RouteOptions): readonly Ranked[] =>
  readingsOf(options)(cluster)
    .filter(({ reading }) => reading.kind === "Ingress" && reading.refusals.length === 0)
    .filter(({ reading }) => controllerOf(reading.ingressClass, cluster) !== traefik)
    .flatMap(({ reading: { served, ingressClass }, source }) =>
      served.map((one) => ({ served: one, rank: one.path?.length ?? 0, ingressClass, source })),
    );

const ofOneClass = (one: Ranked, other: Ranked): boolean => one.ingressClass === other.ingressClass;

function whyDifferent({ first, second }: Pair, cluster: BuiltCluster): string | undefined {
  const { source = "", served } = first;
  const { host } = served;
  const who = source === second.source ? `${source} has` : `${source} and ${second.source ?? ""} have`;
  if (key(served) === key(second.served))
    return `${who} two rules for ${host} and path ${pathOf(served)[1]}, and which one answers depends on the age and the name of the objects, in another way for routes than for Ingresses: remove one of them first`;
  if (!isRegexHost(host, first.ingressClass, cluster)) return undefined;
  const [early, late] = first.rank > second.rank ? [first, second] : [second, first];
  return early.rank > late.rank && isMoreSpecific(early.served, late.served)
    ? undefined
    : `${who} rules for ${host} that would match in a different order: because of use-regex or rewrite-target, ingress-nginx tries the longest path first, as a regular expression, and a route is chosen by the most specific prefix`;
}

const key = (served: Served): string => {
  const [type, path] = pathOf(served);
  return `${type} ${path.replace(/(?<=.)\/$/, "")}`;
};

function isMoreSpecific(one: Served, other: Served): boolean {
  const [[type, path], [otherType, otherPath]] = [pathOf(one), pathOf(other)];
  if ((type === "Exact") !== (otherType === "Exact")) return type === "Exact";
  return path.length > otherPath.length;
}
