import { named } from "../../../../../lib/counted.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { StepContext } from "../../../step.ts";
import type { Loss } from "../../../losses.ts";
import { controllerOf } from "../controllers/classes.ts";
import { isRegexHost } from "../controllers/nginx-regex-hosts.ts";
import { isFilter } from "../routes/filters.ts";
import type { RouteOptions } from "../options.ts";
import { rendered } from "../reading/hosts.ts";
import type { MovingForm } from "../gateway/parents.ts";
import { comparedPrefixes } from "../reading/paths.ts";
import { readingsOf } from "../reading/readings.ts";
import { pathOf, type Served } from "../reading/served.ts";

/**
 * Why prefixes cannot move although they would match other paths only slightly: a rule with other Middlewares, such as a login, answers these
 * paths today, or would not afterwards.
 */
export function whyExposed(
  { form, reading, cluster }: MovingForm,
  { options }: Pick<StepContext, "options">,
): readonly string[] {
  if (!cluster) return [];
  const onHost = servedByHost(options.route)(cluster);
  const byRegex = regexPaths({ form, reading, cluster }).flatMap(({ served, host, paths }) => {
    const others = onHost.get(host) ?? [];
    const [probe] = paths.filter((path) =>
      others.some((other) => answersAs(other, path) && missing(other, served).length > 0),
    );
    if (probe === undefined) return [];
    return [
      `${host}${served.path ?? ""}: because of use-regex or rewrite-target on that host, ingress-nginx also takes ${probe} for this path, and a route does not, so ${probe} would no longer go through ${named(
        served.middlewares.filter((name) => !isFilter(name)),
        "Middleware",
      )}: give the other rules of the host the same protection, or remove those annotations first`,
    ];
  });
  return [...byRegex, ...exposedByPrefix({ form, reading, cluster }, onHost)];
}

/** The rules of all Ingresses in a cluster, by host. */
const servedByHost = oncePer((options: RouteOptions) =>
  oncePer((cluster: BuiltCluster): ReadonlyMap<string, readonly Served[]> => {
    const all = readingsOf(options)(cluster).flatMap((one) => one.reading.served);
    return Map.groupBy(all, ({ host }) => host);
  }),
);

/** Paths of an Ingress on a host whose paths ingress-nginx compares as regular expressions, and requests that only this comparison matches. */
function regexPaths({
  form,
  reading,
  cluster,
}: Pick<MovingForm, "form" | "reading" | "cluster">): readonly RegexPath[] {
  return reading.served.flatMap((served) => {
    const host = rendered(served.host, form.object);
    const [type, value] = pathOf(served);
    if (value === "/" || !isRegexHost(host, reading.ingressClass, cluster)) return [];
    const stem = value.replace(/\/$/, "");
    const below = type === "Exact" ? [`${stem}/x`] : [];
    const others = [stem.toUpperCase(), stem.toLowerCase()].filter((path) => path !== stem);
    return [{ served, host, paths: [...below, ...others, `${stem}x`] }];
  });
}

/** {@link regexPaths}, as losses; those that the Ingress itself rewrites are losses already. */
export function regexLosses(moving: Pick<MovingForm, "form" | "reading" | "cluster">): readonly Loss[] {
  return regexPaths(moving)
    .filter(({ served }) => served.path === pathOf(served)[1])
    .map(({ served, host, paths }) => ({
      kind: "path-prefix",
      message: `path ${served.path ?? ""} of ${host} would no longer match ${paths.join(" and ")}: because of use-regex or rewrite-target on that host, ingress-nginx compares every path as a regular expression, without case`,
    }));
}

interface RegexPath {
  readonly served: Served;
  readonly host: string;
  readonly paths: readonly string[];
}

/** Whether a rule's route may answer a request. */
function answersAs(served: Served, path: string): boolean {
  const [type, value] = pathOf(served);
  return type === "Exact" ? path === value : `${path}/`.startsWith(value.endsWith("/") ? value : `${value}/`);
}

function exposedByPrefix(
  { form, reading, cluster }: Pick<MovingForm, "form" | "reading" | "cluster">,
  onHost: ReadonlyMap<string, readonly Served[]>,
): readonly string[] {
  const compared = comparedPrefixes(reading.prefixes, controllerOf(reading.ingressClass, cluster));
  if (compared.length === 0) return [];
  return reading.served.flatMap((served) => {
    const [type, value] = pathOf(served);
    if (type !== "PathPrefix" || !compared.includes(value)) return [];
    const host = rendered(served.host, form.object);
    return exposedBy(served, value, onHost.get(host) ?? []);
  });
}

function exposedBy(served: Served, value: string, others: readonly Served[]): readonly string[] {
  const isWider = value.endsWith("/");
  const probe = isWider ? value.slice(0, -1) : `${value}x`;
  const names = others
    .filter((other) => matches(other, probe))
    .map((other) => (isWider ? missing(served, other) : missing(other, served)))
    .find((found) => found.length > 0);
  if (names === undefined) return [];
  return [
    `path ${value} would ${isWider ? "also" : "no longer"} match ${probe}, which then would not go through ${named(names, "Middleware")}: a route compares path segments, so give both rules the same Middlewares or, in an IngressRoute, match PathRegexp(\`^${value}\`)`,
  ];
}

/** The Middlewares of a rule (the second) that another one lacks. */
const missing = (other: Served, { middlewares }: Served): readonly string[] =>
  middlewares.filter((name) => !isFilter(name) && !other.middlewares.includes(name));

/** Whether a rule may match a path today. */
function matches(served: Served, path: string): boolean {
  const [type, value] = pathOf(served);
  return type === "RegularExpression" || (type === "Exact" ? path === value : path.startsWith(value));
}
