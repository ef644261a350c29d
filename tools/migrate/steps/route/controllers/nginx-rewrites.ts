import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { nginx } from "./nginx.ts";

/** A path of an Ingress. */
export interface WrittenPath {
  readonly path: string;
  readonly pathType: string;
}

/** The prefix that a route matches instead of a regular expression, and the filter that rewrites it. */
export interface RewrittenPath {
  readonly prefix: string;
  readonly filter?: Mapping;
}

/** Matches `/app(/|$)(.*)`, whose rewrite to `/$2` removes the prefix. */
const STRIPPED = /^(\/[-A-Za-z0-9_~/]*[-A-Za-z0-9_~])\(\/\|\$\)\(\.\*\)$/;

/**
 * The path of a route for a path that `rewrite-target` rewrites; undefined for any other pattern than that of the documentation, and the one
 * that rewrites nothing.
 * Source: https://kubernetes.github.io/ingress-nginx/examples/rewrite/
 */
export function rewrittenPath({ path, pathType }: WrittenPath, target: string): RewrittenPath | undefined {
  if (pathType === "Exact") return undefined;
  if (target === "/$1" && path === "/(.*)") return { prefix: "/" };
  const prefix = STRIPPED.exec(path)?.[1];
  if (target !== "/$2" || prefix === undefined || prefix.includes("//")) return undefined;
  const replacement = { type: "ReplacePrefixMatch", replacePrefixMatch: "/" };
  return { prefix, filter: { type: "URLRewrite", urlRewrite: { path: replacement } } };
}

/** The value of `rewrite-target` if a route can rewrite all paths of an Ingress in the same way. */
export function rewriteTarget(
  annotations: ReadonlyMap<string, string>,
  paths: readonly WrittenPath[],
): string | undefined {
  const of = (name: string): string | undefined => annotations.get(nginx.prefix + name);
  const target = of("rewrite-target");
  // With `upstream-vhost`, a rule would need two filters of the same type.
  const others = [
    "upstream-vhost",
    "x-forwarded-prefix",
    "configuration-snippet",
    "server-snippet",
    "app-root",
  ];
  if (target === undefined || paths.length === 0 || others.some((name) => of(name) !== undefined))
    return undefined;
  return paths.every((path) => rewrittenPath(path, target) !== undefined) ? target : undefined;
}
