import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { fieldAt, idOf, isKind, nameOf } from "../../objects.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { StepContext } from "../../step.ts";
import { chartOf } from "./app-template.ts";
import { clusterOf } from "../../clusters.ts";
import { rendered, sourceOf } from "./hosts.ts";
import type { CutoverNote, DnsRecord } from "./outcome.ts";
import type { Reading } from "./served.ts";

/** For each hostname, what DNS and certificates need around the commit; and what the Gateway's Traefik needs for the route. */
export function cutover(
  form: BuiltObject,
  reading: Reading,
  parentRefs: readonly Mapping[],
  context: StepContext,
): readonly CutoverNote[] {
  const hosts = new Set(reading.served.map(({ host }) => rendered(host, form.object)));
  const [gateway = ""] = parentRefs.map(gatewayName);
  const cluster = clusterOf(form, context.clusters);
  const middlewares = new Set(reading.served.flatMap((served) => served.middlewares));
  const plain = parentRefs.some(
    ({ namespace, port, sectionName }) =>
      namespace === placeOf(form.object) && port === undefined && sectionName === undefined,
  );
  const internal = reading.served
    .flatMap(({ backends }) => backends)
    .filter(({ kind }) => kind === "TraefikService");
  return [
    ...[...hosts].map(
      (host) =>
        `${host}: from class ${reading.ingressClass ?? ""} to Gateway ${gateway}; ${[...dns(host, reading, cluster, context), ...certificates(reading), ...(plain ? [OWN_NAMESPACE] : [])].join("; ")}`,
    ),
    ...[...middlewares].map(
      (name) =>
        `Middleware ${name}: the Traefik of Gateway ${gateway} needs its provider kubernetesCRD, or every request to the route gets 500`,
    ),
    ...internal.map(
      ({ name = "" }) => `${name}: of the Traefik of Gateway ${gateway} from now on, which has to have it on`,
    ),
  ].map((message) => ({ kind: "cutover", message }));
}

/** A Gateway that redirects plain requests lets routes of its own namespace onto its HTTP listener, for the redirect itself. */
const OWN_NAMESPACE =
  "plain HTTP: the route is of the Gateway's own namespace, so a redirecting listener may let it; name an entry point and its listener";

/** Where an Ingress, or what a release renders, is in the cluster. */
function placeOf(object: Mapping): string {
  return scalarText(fieldAt(object, ["spec", "targetNamespace"])) || nameOf(object).namespace;
}

/** The records of an Ingress's hosts; `key` is that of the Ingress in the values of a HelmRelease. */
export function recordsOf(
  form: BuiltObject,
  reading: Reading,
  parentRefs: readonly Mapping[],
  { clusters }: StepContext,
  key: string | undefined,
): readonly DnsRecord[] {
  const [gateway = ""] = parentRefs.map(gatewayName);
  const cluster = clusterOf(form, clusters)?.name ?? "";
  const hosts = new Set(reading.served.map(({ host }) => rendered(host, form.object)));
  const target = reading.annotations.dnsTarget;
  const source = sourceOf(form.object, key);
  return [...hosts].map((host) => ({ host, cluster, source, gateway: `${gateway} of ${cluster}`, target }));
}

/** Gateways whose hosts have had several targets: external-dns takes one from a Gateway, for all its routes. */
export function targetConflicts(records: readonly DnsRecord[]): readonly CutoverNote[] {
  return [...Map.groupBy(records, ({ gateway }) => gateway)].flatMap(([gateway, own]): CutoverNote[] => {
    const targets = [...Map.groupBy(own, ({ target }) => target)];
    if (targets.length < 2) return [];
    const list = targets.map(
      ([target, hosts]) => `${target ?? "the class's address"} (${hosts.map(({ host }) => host).join(", ")})`,
    );
    const message = `Gateway ${gateway}: its DNS target is one for all hosts, and they have had several: ${list.join("; ")}; give one group a Gateway of its own, or keep its records by hand`;
    return [{ kind: "cutover", message }];
  });
}

function gatewayName({ namespace, name }: Mapping): string {
  return `${scalarText(namespace)}/${scalarText(name)}`;
}

function dns(
  host: string,
  { annotations: { dnsTarget } }: Reading,
  cluster: BuiltCluster | undefined,
  context: StepContext,
): readonly string[] {
  const released = cluster && externalDns(context.clusters).get(cluster);
  const writers = (released ?? []).filter((object) => covers(object, host));
  const blind = writers.filter((object) => !sourcesOf(object).includes("gateway-httproute"));
  const names = blind.map(idOf).join(", ");
  return [
    dnsTarget === undefined
      ? "DNS: to the Gateway's address"
      : `DNS: target ${dnsTarget} becomes an annotation of the Gateway`,
    ...(writers.length === 0 ? ["what writes its record has to watch HTTPRoutes"] : []),
    ...(blind.length === 0
      ? []
      : [`${names} lacks the source gateway-httproute, so its record would go with the Ingress`]),
    ...(context.options.route.keepIngress ? ["its record stays the Ingress's while that is there"] : []),
  ];
}

/** The releases of external-dns, by cluster. */
const externalDns = oncePer(
  (clusters: readonly BuiltCluster[]) =>
    new Map(
      clusters.map((cluster) => [
        cluster,
        cluster.objects
          .map(({ object }) => object)
          .filter((object) => isKind(object, "helm.toolkit.fluxcd.io", "HelmRelease"))
          .filter((object) => chartOf(object, clusters).name === "external-dns"),
      ]),
    ),
);

function sourcesOf(release: Mapping): readonly string[] {
  const sources = fieldAt(release, ["spec", "values", "sources"]);
  return Array.isArray(sources) ? sources.map(scalarText) : [];
}

/** Whether an external-dns writes records of a host, by its domains. */
function covers(release: Mapping, host: string): boolean {
  const list = (key: string): string[] => {
    const value = fieldAt(release, ["spec", "values", key]);
    return Array.isArray(value) ? value.map(scalarText) : [];
  };
  const within = (domain: string): boolean => host === domain || host.endsWith(`.${domain}`);
  const domains = list("domainFilters");
  return (domains.length === 0 || domains.some(within)) && !list("excludeDomains").some(within);
}

function certificates({ annotations: { certificate }, tlsSecrets }: Reading): readonly string[] {
  const had = tlsSecrets.length === 0 ? "" : `, as Secret ${tlsSecrets.join(", ")} did`;
  const issued =
    certificate.length === 0
      ? []
      : [
          `cert-manager drops the Ingress's certificate with it: ${certificate.join(", ")} belongs to the Gateway`,
        ];
  return [`TLS: a certificate of the Gateway's listener has to cover it${had}`, ...issued];
}
