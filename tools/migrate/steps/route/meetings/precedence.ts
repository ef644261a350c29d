import { isDeepStrictEqual } from "node:util";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { mappingsIn, type Mapping } from "../../../../gitops/yaml/values.ts";
import { answerOf, pathOf, type Served } from "../reading/served.ts";

/** One request that a Traefik rule serves. */
export interface Ranked {
  readonly served: Served;
  /** The precedence of a rule: its `priority`, or its length if none is set. Traefik tries the rule with the highest value first. */
  readonly rank: number;
  /** The entry points of the rule; all of them if none are named. */
  readonly entryPoints?: readonly string[];
  /** The object that contains the rule. */
  readonly source?: string;
  readonly ingressClass?: string | undefined;
  /** Set if no route can express the rule, so it stays. */
  readonly isFixed?: true;
}

/** Two rules that may match the same request and answer it differently. */
export interface Pair<T extends Ranked = Ranked> {
  readonly first: T;
  readonly second: T;
  /** Whether the other one may answer once both are routes. */
  readonly reordered: boolean;
  /** Why, for rules that Traefik does not serve. */
  readonly reason?: string;
}

/** Hosts whose rules would match in a different order as routes. */
export function reordered(requests: readonly Ranked[]): readonly string[] {
  const pairs = competing(requests).filter((pair) => pair.reordered);
  return [...new Set(pairs.map(({ first }) => first.served.host))];
}

/**
 * The pairs of rules that compete for requests. The Gateway API compares the path, then the method, then the number of headers, then that of
 * query parameters; Traefik adds up weights instead (buildMatchRule in its Gateway provider). An order is safe only if both agree with it.
 * @param meet whether the same client can reach both
 */
export function competing<T extends Ranked>(
  requests: readonly T[],
  meet: (one: T, other: T) => boolean = meetToday,
): readonly Pair<T>[] {
  const hosts = Map.groupBy(requests, ({ served }) => served.host);
  const patterns = requests.filter(({ served: { host } }) => isPattern(host));
  const pairs = [...hosts].flatMap(([host, own]) => {
    const others = patterns.filter(({ served }) => served.host !== host && includes(served.host, host));
    return own.flatMap((first, index) =>
      [...own.slice(index + 1), ...others]
        .filter((second) => meet(first, second) && compete(first, second))
        .map((second) => ({ first, second, reordered: isReordered(first, second) })),
    );
  });
  return pairs;
}

/** Whether a host stands for several: a wildcard, or any host at all. */
function isPattern(host: string): boolean {
  return host === "" || host.startsWith("*");
}

/** Whether a pattern matches a host, or may match it for some value of the pattern's variables. */
function includes(pattern: string, host: string): boolean {
  if (pattern === "" || host === "") return true;
  const [, end = "", variables = ""] = /^\*([^$]*)(.*)$/.exec(pattern) ?? [];
  if (!host.endsWith(variables)) return true;
  const rest = host.slice(0, host.length - variables.length);
  const known = rest.slice(rest.lastIndexOf("}") + 1);
  return rest.endsWith(end) || (variables !== "" && known !== rest && end.endsWith(known));
}

/** The lengths of their hosts change the difference between two routes' weights by less than this. */
const HOST_WEIGHT = 253;

function isReordered(first: Ranked, second: Ranked): boolean {
  // Traefik's order of two equal rules is arbitrary.
  if (first.rank === second.rank) return true;
  const [high, low] = first.rank > second.rank ? [first, second] : [second, first];
  const [highWeight, lowWeight] = [weightOf(high.served), weightOf(low.served)];
  const margin = first.source === second.source ? 0 : HOST_WEIGHT;
  return !(isFirst(precedenceOf(high.served), precedenceOf(low.served)) && highWeight - lowWeight > margin);
}

/** Whether a rule that moves keeps its precedence relative to one that stays, if the same Traefik serves both. */
export function keepsPlace(moved: Ranked, staying: Ranked): boolean {
  const weight = weightOf(moved.served) + moved.served.host.length;
  return moved.rank > staying.rank && weight > staying.rank;
}

/** Whether two rules of Ingresses have an entry point and a class in common. */
export function meetToday(one: Ranked, other: Ranked): boolean {
  const [doors = [], others = []] = [one.entryPoints, other.entryPoints];
  const sharesDoor = doors.length === 0 || others.length === 0 || doors.some((door) => others.includes(door));
  return sharesDoor && (one.ingressClass ?? other.ingressClass) === (other.ingressClass ?? one.ingressClass);
}

/** Whether a request may match both, with different answers. */
function compete(one: Ranked, other: Ranked): boolean {
  if (answerOf(one.served) === answerOf(other.served)) return false;
  if (areExclusive(one.served, other.served)) return false;
  return covers(one.served, other.served) || covers(other.served, one.served);
}

/** Whether the conditions of two matches exclude each other. */
function areExclusive({ match: one }: Served, { match: other }: Served): boolean {
  if (one.method !== undefined && other.method !== undefined && one.method !== other.method) return true;
  return ["headers", "queryParams"].some((key) =>
    mappingsIn(one[key]).some((pair) =>
      mappingsIn(other[key]).some(
        (twin) =>
          pair.type === "Exact" &&
          twin.type === "Exact" &&
          scalarText(pair.name).toLowerCase() === scalarText(twin.name).toLowerCase() &&
          pair.value !== twin.value,
      ),
    ),
  );
}

/** Whether a rule surely matches every request of another one. */
export function takesAllOf(one: Served, other: Served): boolean {
  const isRegex = [one, other].some((served) => pathOf(served)[0] === "RegularExpression");
  const asks = (key: string, condition: Mapping): boolean =>
    mappingsIn(other.match[key]).some((its) => isDeepStrictEqual(its, condition));
  return (
    !isRegex &&
    covers(one, other) &&
    (one.match.method === undefined || one.match.method === other.match.method) &&
    ["headers", "queryParams"].every((key) =>
      mappingsIn(one.match[key]).every((condition) => asks(key, condition)),
    )
  );
}

function covers(one: Served, other: Served): boolean {
  const [type, value] = pathOf(one);
  const [otherType, otherValue] = pathOf(other);
  if (type === "RegularExpression" || otherType === "RegularExpression") return true;
  if (type === "Exact") return otherType === "Exact" && value === otherValue;
  return `${otherValue}/`.startsWith(value.endsWith("/") ? value : `${value}/`);
}

/** Decides by the first weight that differs; if none does, by the order of the rules, which grouping may change. */
function isFirst(high: readonly number[], low: readonly number[]): boolean {
  const index = high.findIndex((weight, at) => weight !== low[at]);
  return index >= 0 && (high[index] ?? 0) > (low[index] ?? 0);
}

/** The precedence of a match according to the Gateway API. */
function precedenceOf(served: Served): readonly number[] {
  const [type, value] = pathOf(served);
  return [type === "Exact" ? 1 : 0, value.length, ...conditionsOf(served)];
}

/** The weight of a match in Traefik's Gateway provider, without that of its host. */
export function weightOf(served: Served): number {
  const [type, value] = pathOf(served);
  const [method = 0, headers = 0, queries = 0] = conditionsOf(served);
  const path = type === "Exact" ? 100_000 : value === "/" ? 1 : 10_000 + value.length * 100;
  return path + method * 1000 + headers * 100 + queries * 10;
}

function conditionsOf({ match: { method, headers, queryParams } }: Served): readonly number[] {
  return [method === undefined ? 0 : 1, mappingsIn(headers).length, mappingsIn(queryParams).length];
}
