import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { fieldAt } from "../../objects.ts";
import { fieldList } from "./paths.ts";
import type { Served } from "./served.ts";

/** One request that a rule in an IngressRoute matches. */
export interface Ranked {
  readonly served: Served;
  /** The precedence of a rule: its `priority`, or its length if none is set. Traefik tries the rule with the highest value first. */
  readonly rank: number;
}

/**
 * Hosts whose rules would match in a different order in a route. The Gateway API compares the path, then the method, then the number of
 * headers, then the number of query parameters; Traefik adds up weights instead (buildMatchRule in its Gateway provider). An order is safe
 * only if both agree with it.
 */
export function reordered(requests: readonly Ranked[]): readonly string[] {
  const hosts = new Set<string>();
  for (const [index, first] of requests.entries())
    for (const second of requests.slice(index + 1)) {
      if (!compete(first.served, second.served) || first.rank === second.rank) continue;
      const [high, low] = first.rank > second.rank ? [first, second] : [second, first];
      const both = ORDERS.every((weights) => isFirst(weights(high.served), weights(low.served)));
      if (!both) hosts.add(high.served.host);
    }
  return [...hosts];
}

/** Whether a request may match both, with different answers. */
function compete(one: Served, other: Served): boolean {
  const answer = ({ backends, middlewares }: Served): string => JSON.stringify([backends, middlewares]);
  if (one.host !== other.host || answer(one) === answer(other)) return false;
  const [method, otherMethod] = [one.match.method, other.match.method];
  if (method !== undefined && otherMethod !== undefined && method !== otherMethod) return false;
  return covers(one, other) || covers(other, one);
}

function covers(one: Served, other: Served): boolean {
  const [type, value] = pathOf(one);
  const [otherType, otherValue] = pathOf(other);
  if (type === "RegularExpression" || otherType === "RegularExpression") return true;
  if (type === "Exact") return otherType === "Exact" && value === otherValue;
  return `${otherValue}/`.startsWith(value.endsWith("/") ? value : `${value}/`);
}

/** Whether the first weight that differs is higher. If none differs, the order of the rules would decide, which grouping may change. */
function isFirst(high: readonly number[], low: readonly number[]): boolean {
  const index = high.findIndex((weight, at) => weight !== low[at]);
  return index >= 0 && (high[index] ?? 0) > (low[index] ?? 0);
}

const ORDERS: readonly ((served: Served) => readonly number[])[] = [
  (served) => {
    const [type, value] = pathOf(served);
    return [type === "Exact" ? 1 : 0, value.length, ...conditionsOf(served)];
  },
  (served) => {
    const [type, value] = pathOf(served);
    const [method = 0, headers = 0, queries = 0] = conditionsOf(served);
    const path = type === "Exact" ? 100_000 : value === "/" ? 1 : 10_000 + value.length * 100;
    return [path + method * 1000 + headers * 100 + queries * 10];
  },
];

function conditionsOf({ match: { method, headers, queryParams } }: Served): readonly number[] {
  return [method === undefined ? 0 : 1, fieldList(headers).length, fieldList(queryParams).length];
}

function pathOf({ match }: Served): readonly [string, string] {
  return [scalarText(fieldAt(match, ["path", "type"])), scalarText(fieldAt(match, ["path", "value"]))];
}
