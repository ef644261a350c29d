import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { fieldAt, fieldsIn, isKind, nameOf } from "../../objects.ts";
import { rendered as renderedByChart } from "../../../../policy/objects/app-template-dialect.ts";
import { releaseOf } from "../../../../policy/objects/helm.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { chartOf } from "./chart.ts";
import { nginx } from "./controllers/nginx.ts";
import type { CutoverNote, DnsRecord } from "./outcome.ts";
import { fieldList } from "./paths.ts";

/** Hosts that move only in part, because another Ingress serves them too. */
export function splitHosts(
  records: readonly DnsRecord[],
  clusters: readonly BuiltCluster[],
): readonly CutoverNote[] {
  return clusters.flatMap((cluster) => {
    const moved = records.filter((record) => record.cluster === cluster.name);
    const sources = new Set(moved.map(({ source }) => source));
    const staying = cluster.objects
      .flatMap(({ object }) => ingressesOf(object, clusters))
      .filter(({ source }) => !sources.has(source));
    return [...Map.groupBy(staying, ({ host }) => host)]
      .filter(([host]) => moved.some((record) => record.host === host))
      .map(([host, own]): CutoverNote => {
        const names = [...new Set(own.map(({ source }) => source))].join(", ");
        return {
          kind: "cutover",
          message: `${host} in ${cluster.name}: has both a route and an Ingress until ${names} moves too, and its DNS record can point to only one of them`,
        };
      });
  });
}

interface Source {
  readonly host: string;
  readonly source: string;
  /** The addresses at which ingress-nginx asks for a login. */
  readonly logins: readonly string[];
}

/** The Ingresses of a cluster that send clients of a host to a login at the same host, by host. */
const loginsByHost = oncePer((cluster: BuiltCluster): ReadonlyMap<string, readonly Source[]> =>
  Map.groupBy(
    cluster.objects
      .flatMap(({ object }) => ingressesOf(object, [cluster]))
      .filter(({ host, logins }) =>
        logins.some((login) => /\$(?:http_)?host\b/.test(login) || login.includes(`//${host}`)),
      ),
    ({ host }) => host,
  ),
);

/** Why a part of a host must not move: the rest of the host asks for a login there, and DNS points to only one of the two. */
export function whyLoginBreaks(
  hosts: readonly string[],
  cluster: BuiltCluster | undefined,
): readonly string[] {
  return hosts.flatMap((host) =>
    (cluster ? (loginsByHost(cluster).get(host) ?? []) : []).map(
      ({ source }) =>
        `${source} stays and asks for a login at ${host}, which DNS can point to only one place: move its login first`,
    ),
  );
}

const loginsIn = (annotations: Value | undefined): readonly string[] =>
  ["auth-url", "auth-signin"]
    .map((name) => scalarText(fieldAt(annotations, [nginx.prefix + name])))
    .filter((login) => login !== "");

/** The hosts of an Ingress, or of the Ingresses in app-template values. */
function ingressesOf(object: Mapping, clusters: readonly BuiltCluster[]): readonly Source[] {
  if (isKind(object, "helm.toolkit.fluxcd.io", "HelmRelease")) {
    if (chartOf(object, clusters).name !== "app-template") return [];
    return Object.entries(fieldsIn(object, ["spec", "values", "ingress"])).flatMap(([key, entry]) =>
      isMapping(entry) && entry.enabled !== false
        ? fieldList(entry.hosts).map(({ host }) => ({
            host: rendered(scalarText(host), object),
            source: sourceOf(object, key),
            logins: loginsIn(entry.annotations),
          }))
        : [],
    );
  }
  const source = sourceOf(object);
  if (isKind(object, "networking.k8s.io", "Ingress"))
    return fieldList(fieldAt(object, ["spec", "rules"])).map(({ host }) => ({
      host: scalarText(host),
      source,
      logins: loginsIn(fieldAt(object, ["metadata", "annotations"])),
    }));
  if (!isKind(object, "traefik.io", "IngressRoute")) return [];
  const rules = fieldList(fieldAt(object, ["spec", "routes"])).map(({ match }) => scalarText(match));
  return rules.flatMap((rule) =>
    [...rule.matchAll(/\bHost\(([^)]*)\)/g)].map(([, argument = ""]) => ({
      host: argument.replace(/[`"\s]/g, ""),
      source,
      logins: [],
    })),
  );
}

/** Identifies an Ingress by its object and, in a HelmRelease, by its key in the values. */
export function sourceOf(object: Mapping, key?: string): string {
  const { namespace, name } = nameOf(object);
  return `${scalarText(object.kind)} ${namespace}/${name}${key === undefined ? "" : ` (ingress.${key})`}`;
}

/** Where Helm installs a release; the namespace of any other object. */
export function releaseNamespace(object: Mapping): string {
  return releaseOf(asKubeObject(object)).namespace;
}

/** A text in a release's values as Helm renders it, if it only uses the release's name and namespace. */
export function rendered(text: string, release: Mapping): string {
  return renderedByChart(text, asKubeObject(release));
}
