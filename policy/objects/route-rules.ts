import type { KubeObject } from "../../kube/objects.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";

/** The path that gatus-sidecar requests by default: the first path in the route's matches (`firstHTTPRoutePath`). */
export function firstPath(route: KubeObject): string {
  const paths = rulesOf(route).flatMap((rule) =>
    list(rule.matches)
      .filter((match) => at(match, ["path", "type"]) !== "RegularExpression")
      .map((match) => text(at(match, ["path", "value"])) ?? ""),
  );
  return paths.find((path) => path.startsWith("/") && path !== "/") ?? "/";
}

/**
 * The rules of an HTTPRoute that may handle a plain GET request for a path: those with the most specific match, or every rule if one of them uses a regular
 * expression. Source: https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule, "matches".
 */
export function rulesFor(route: KubeObject, path: string): readonly Fields[] {
  const rules = rulesOf(route);
  const scored = rules.map((rule) => ({
    rule,
    score: Math.max(...matchesOf(rule).map((one) => score(one, path))),
  }));
  if (scored.some((one) => one.score === Infinity)) return rules;
  const best = Math.max(...scored.map((one) => one.score));
  return scored.filter((one) => one.score === best && best >= 0).map(({ rule }) => rule);
}

function rulesOf(route: KubeObject): readonly Fields[] {
  return list(fields(route.spec).rules).map(fields);
}

function matchesOf(rule: Fields): readonly Fields[] {
  const matches = list(rule.matches).map(fields);
  return matches.length === 0 ? [{}] : matches;
}

/** How specifically a match fits the path: -1 if it does not match, Infinity if that is not known. */
function score(match: Fields, path: string): number {
  const { type = "PathPrefix", value = "/" } = fields(match.path);
  if (match.headers !== undefined || match.queryParams !== undefined) return -1;
  if ((text(match.method) ?? "GET") !== "GET") return -1;
  if (typeof value !== "string" || type === "RegularExpression") return Infinity;
  if (type === "Exact") return value === path ? Number.MAX_SAFE_INTEGER : -1;
  const prefix = value.replace(/\/+$/, "");
  return path === prefix || path.startsWith(`${prefix}/`) ? prefix.length : -1;
}
