import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { nginx } from "./nginx.ts";

/** A path of an Ingress. */
export interface WrittenPath {
  readonly host: string;
  readonly path: string;
  readonly pathType: string;
}

/** The prefix that a route matches instead of a regular expression, and the filter that rewrites it. */
export interface RewrittenPath {
  readonly prefix: string;
  readonly filter?: Mapping;
  /** How a route matches other requests. */
  readonly difference?: string;
}

/** Patterns whose rewrite removes a prefix, by the target of the rewrite. */
const STRIPPED: Readonly<Record<string, RegExp>> = {
  "/$1": /^(\/[-A-Za-z0-9_~/]*[-A-Za-z0-9_~])\/\(\.\*\)$/,
  "/$2": /^(\/[-A-Za-z0-9_~/]*[-A-Za-z0-9_~])\(\/\|\$\)\(\.\*\)$/,
};

/**
 * The path of a route for a path that `rewrite-target` rewrites; undefined unless the rewrite removes a prefix, or
 * nothing.
 * Source: https://kubernetes.github.io/ingress-nginx/examples/rewrite/
 */
export function rewrittenPath({ path, pathType }: WrittenPath, target: string): RewrittenPath | undefined {
  if (pathType === "Exact") return undefined;
  if (target === "/$1" && path === "/(.*)") return { prefix: "/" };
  const prefix = STRIPPED[target]?.exec(path)?.[1];
  if (prefix === undefined || prefix.includes("//")) return undefined;
  const replacement = { type: "ReplacePrefixMatch", replacePrefixMatch: "/" };
  const also = target === "/$1" ? `also match ${prefix} without a slash, and would ` : "";
  return {
    prefix,
    filter: { type: "URLRewrite", urlRewrite: { path: replacement } },
    difference: `path ${path} would ${also}no longer match ${prefix.toUpperCase()}: ingress-nginx compares it as a regular expression, without case`,
  };
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
