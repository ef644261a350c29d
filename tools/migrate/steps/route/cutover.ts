import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Loss } from "../../losses.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { fieldAt, idOf, isKind, objectNamed } from "../../objects.ts";
import { GATEWAY } from "../../../../policy/objects/kinds.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { StepContext } from "../../step.ts";
import { chartOf } from "./chart.ts";
import { clusterOf } from "../../clusters.ts";
import { isFilter } from "./filters.ts";
import { releaseNamespace, rendered, sourceOf } from "./hosts.ts";
import type { CutoverNote, DnsRecord } from "./outcome.ts";
import type { Reading } from "./served.ts";

/** What DNS, certificates and the Gateway's Traefik need before and after the commit, for each hostname. */
export function cutover(
  form: BuiltObject,
  reading: Reading,
  parentRefs: readonly Mapping[],
  context: StepContext,
): readonly CutoverNote[] {
  const hosts = new Set(reading.served.map(({ host }) => rendered(host, form.object)));
  const [gateway = ""] = parentRefs.map(gatewayName);
  const cluster = clusterOf(form, context.clusters);
  const middlewares = new Set(
    reading.served.flatMap((served) => served.middlewares.filter((name) => !isFilter(name))),
  );
  const plain = parentRefs.some(
    ({ namespace, port, sectionName }) =>
      namespace === releaseNamespace(form.object) && port === undefined && sectionName === undefined,
  );
  const internal = reading.served
    .flatMap(({ backends }) => backends)
    .filter(({ kind }) => kind === "TraefikService");
  return [
    ...[...hosts].map(
      (host) =>
        `${host}: moves from class ${reading.ingressClass ?? ""} to Gateway ${gateway}; ${[...dns(host, reading, { gateway, cluster }, context), ...certificates(reading), ...(plain ? [OWN_NAMESPACE] : [])].join("; ")}`,
    ),
    ...[...middlewares].map(
      (name) =>
        `Middleware ${name}: enable the kubernetesCRD provider in the Traefik behind Gateway ${gateway}, or every request to the route gets 500`,
    ),
    ...internal.map(
      ({ name = "" }) => `${name}: the Traefik behind Gateway ${gateway} will serve it, so enable it there`,
    ),
  ].map((message) => ({ kind: "cutover", message }));
}

/** A Gateway that redirects plain HTTP accepts routes from its own namespace on the HTTP listener, for the redirect itself. */
const OWN_NAMESPACE =
  "plain HTTP: the route is in the Gateway's namespace, so it may also attach to the HTTP listener that redirects; to prevent that, name an entry point in the Ingress, and its listener in the options";

/** The DNS records for an Ingress's hosts; `key` is the Ingress's key in a HelmRelease's values. */
export function recordsOf(
  { form, reading, key }: { form: BuiltObject; reading: Reading; key: string | undefined },
  parentRefs: readonly Mapping[],
  { clusters }: StepContext,
): readonly DnsRecord[] {
  const [gateway = ""] = parentRefs.map(gatewayName);
  const cluster = clusterOf(form, clusters)?.name ?? "";
  const hosts = new Set(reading.served.map(({ host }) => rendered(host, form.object)));
  const target = reading.annotations.dnsTarget;
  const source = sourceOf(form.object, key);
  return [...hosts].map((host) => ({ host, cluster, source, gateway: `${gateway} of ${cluster}`, target }));
}

/** Gateways whose hosts used to have different targets: external-dns reads one target per Gateway, for all its routes. */
export function targetConflicts(records: readonly DnsRecord[]): readonly CutoverNote[] {
  return [...Map.groupBy(records, ({ gateway }) => gateway)].flatMap(([gateway, own]): CutoverNote[] => {
    const targets = [...Map.groupBy(own, ({ target }) => target)];
    if (targets.length < 2) return [];
    const list = targets.map(
      ([target, hosts]) =>
        `${target ?? "the address of the Ingress controller"} (${hosts.map(({ host }) => host).join(", ")})`,
    );
    const message = `Gateway ${gateway}: all its hosts share one DNS target, but today they have several: ${list.join("; ")}; use one Gateway per target, or maintain those records by hand`;
    return [{ kind: "cutover", message }];
  });
}

/** DNS records that would be deleted with the Ingress, or lose their target. None if the Ingress is kept. */
export function dnsLosses(
  form: BuiltObject,
  reading: Reading,
  parentRefs: readonly Mapping[],
  context: StepContext,
): readonly Loss[] {
  if (context.options.route.keepIngress) return [];
  const cluster = clusterOf(form, context.clusters);
  const hosts = [...new Set(reading.served.map(({ host }) => rendered(host, form.object)))];
  const { dnsTarget } = reading.annotations;
  const [gateway = ""] = parentRefs.map(gatewayName);
  return [
    ...hosts.flatMap((host): readonly Loss[] => {
      const names = blindWriters(host, cluster, context).map(idOf).join(", ");
      const message = `the DNS record of ${host}: ${names} does not have the source gateway-httproute and would delete it`;
      return names === "" ? [] : [{ kind: "dns-record", message }];
    }),
    ...(dnsTarget === undefined || targetOfGateway(gateway, cluster) === dnsTarget
      ? []
      : [
          {
            kind: "dns-record" as const,
            message: `the DNS target ${dnsTarget} of ${hosts.join(", ")}: external-dns reads it from Gateway ${gateway}, which does not set it`,
          },
        ]),
  ];
}

/** The DNS target that a Gateway in the repository gives its routes. */
function targetOfGateway(gateway: string, cluster: BuiltCluster | undefined): string | undefined {
  const [namespace = "", name = ""] = gateway.split("/");
  const found = cluster && objectNamed([cluster], GATEWAY, { namespace, name })?.object;
  const annotations = fieldAt(found, ["metadata", "annotations"]);
  const target = Object.entries(isMapping(annotations) ? annotations : {}).find(([name]) =>
    /^external-dns\.(?:alpha\.)?kubernetes\.io\/target$/.test(name),
  );
  return target && scalarText(target[1]);
}

/** external-dns releases that manage a host but do not read HTTPRoutes. */
function blindWriters(
  host: string,
  cluster: BuiltCluster | undefined,
  { clusters }: StepContext,
): readonly Mapping[] {
  const released = cluster && externalDns(clusters).get(cluster);
  return (released ?? [])
    .filter((object) => covers(object, host))
    .filter((object) => !sourcesOf(object).includes("gateway-httproute"));
}

function gatewayName({ namespace, name }: Mapping): string {
  return `${scalarText(namespace)}/${scalarText(name)}`;
}

function dns(
  host: string,
  { annotations: { dnsTarget } }: Reading,
  { gateway, cluster }: { readonly gateway: string; readonly cluster: BuiltCluster | undefined },
  context: StepContext,
): readonly string[] {
  const released = cluster && externalDns(context.clusters).get(cluster);
  const writers = (released ?? []).filter((object) => covers(object, host));
  const own = targetOfGateway(gateway, cluster);
  return [
    dnsTarget === undefined || dnsTarget === own
      ? `DNS: points to ${own === undefined ? "the Gateway's address" : `${own}, the target of the Gateway`}`
      : `DNS: move the target ${dnsTarget} to an annotation on the Gateway`,
    ...(writers.length === 0 ? ["whatever writes its DNS record must watch HTTPRoutes"] : []),
    ...(context.options.route.keepIngress
      ? ["its record follows the Ingress as long as the Ingress exists"]
      : []),
  ];
}

/** The external-dns releases, by cluster. */
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

/** Whether an external-dns release manages the records of a host, according to its domains. */
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
  const had = tlsSecrets.length === 0 ? "" : `, as Secret ${tlsSecrets.join(", ")} does today`;
  const issued =
    certificate.length === 0
      ? []
      : [
          `cert-manager deletes the certificate with the Ingress: move ${certificate.join(", ")} to the Gateway`,
        ];
  return [`TLS: a certificate on the Gateway's listener must cover it${had}`, ...issued];
}
