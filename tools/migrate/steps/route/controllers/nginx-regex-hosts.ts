import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { servedHosts } from "../reading/hosts.ts";
import { controllerOf } from "./classes.ts";
import { nginx } from "./nginx.ts";

/**
 * Whether ingress-nginx compares every path of a host as a regular expression, without case and as the start of the request's path, whatever the
 * path's type: it does so if one Ingress of the host has `use-regex` or `rewrite-target`.
 * Source: https://kubernetes.github.io/ingress-nginx/user-guide/ingress-path-matching/
 */
export function isRegexHost(
  host: string,
  ingressClass: string | undefined,
  cluster: BuiltCluster | undefined,
): boolean {
  if (cluster === undefined || controllerOf(ingressClass, cluster) !== nginx) return false;
  const classes = regexHosts(cluster).get(host.toLowerCase()) ?? [];
  // One without a class may be of this one.
  return classes.some((own) => own === "" || own === ingressClass);
}

/** The classes of the Ingresses with such an annotation, by host. */
const regexHosts = oncePer((cluster: BuiltCluster): ReadonlyMap<string, readonly string[]> => {
  const regex = servedHosts(cluster).filter(({ annotations }) => comparesRegex(annotations));
  const byHost = Map.groupBy(regex, ({ host }) => host.toLowerCase());
  return new Map([...byHost].map(([host, own]) => [host, own.map(({ ingressClass }) => ingressClass)]));
});

const comparesRegex = (annotations: Mapping): boolean =>
  scalarText(annotations[`${nginx.prefix}use-regex`]) === "true" ||
  annotations[`${nginx.prefix}rewrite-target`] !== undefined;
