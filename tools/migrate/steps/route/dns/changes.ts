import { servesHost } from "../../../../../policy/objects/attachment.ts";
import { texts, at } from "../../../../../policy/engine/read.ts";
import { HTTP_ROUTE } from "../../../../../policy/objects/kinds.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { indexOf } from "../../../clusters.ts";
import { fieldsIn } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { listenersOf } from "../gateway/gateway.ts";
import { rendered, servedHosts } from "../reading/hosts.ts";
import type { DnsMove } from "./dns-move.ts";
import { externalDns } from "./external-dns.ts";
import { k8sGateways } from "./k8s-gateway.ts";
import type { DnsWriter, ReadIngress } from "./writer.ts";

/** What becomes of the record of one name. */
export interface NameChange {
  readonly name: string;
  readonly writer: DnsWriter;
  /** Whether the writer has the record today. */
  readonly isWritten: boolean;
  /** Why it would not write it for the route; undefined if it would. */
  readonly reason: string | undefined;
  /** Whether it would read the route. */
  readonly readsRoute: boolean;
}

/** What each program makes of each name that it finds in an Ingress or in its route. */
export const changesOf = oncePer((move: DnsMove): readonly NameChange[] => {
  const ingress = ingressOf(move);
  const { route } = move;
  return writersIn(move.cluster).flatMap((writer) => {
    const written = writer.namesOf(ingress);
    const found = writer.routeNames(route);
    const blind = writer.whyBlind(route);
    return [...new Set([...route.hosts, ...written, ...found])]
      .filter((name) => writer.covers(name))
      .filter((name) => route.hosts.includes(name) || !isServedElsewhere(name, move))
      .map((name) => ({
        name,
        writer,
        isWritten: written.includes(name),
        reason: blind ?? (found.includes(name) ? whyNoListener(name, move) : notFound(name, ingress)),
        readsRoute: blind === undefined,
      }));
  });
});

/** The programs that write or answer DNS records in a cluster. */
export const writersIn = (cluster: BuiltCluster | undefined): readonly DnsWriter[] =>
  cluster ? [...externalDns(cluster), ...k8sGateways(cluster)] : [];

function ingressOf({ form: { object }, reading, route, annotations }: DnsMove): ReadIngress {
  const kind = scalarText(object.kind);
  const spec = fieldsIn(object, ["spec"]);
  const text = JSON.stringify(spec);
  const { ingressClass: annotated = "" } = reading.annotations;
  return {
    kind,
    namespace: route.namespace,
    name: route.name,
    ingressClass: isRelease(object)
      ? (reading.ingressClass ?? "")
      : scalarText(spec.ingressClassName) || annotated,
    annotations,
    labels: route.labels,
    // Of the ways to write a name in a rule, external-dns knows one. Source: traefikHostExtractor in source/traefik_proxy.go
    hosts: route.hosts.filter((host) => kind !== "IngressRoute" || text.includes(`\`${host}\``)),
    tlsHosts: reading.tlsHosts.map((host) => rendered(host, object)),
  };
}

const notFound = (name: string, { tlsHosts }: ReadIngress): string =>
  tlsHosts.includes(name)
    ? "finds it only in tls, which a route does not have"
    : "does not find it in the route";

/** Why a name that is none of a route's hostnames gets no record: those have been checked before. */
function whyNoListener(name: string, { route, gatewayObject, parentRefs }: DnsMove): string | undefined {
  if (gatewayObject === undefined || route.hosts.includes(name)) return undefined;
  const isServed = parentRefs
    .flatMap((parentRef) => listenersOf(gatewayObject, parentRef))
    .some((listener) => servesHost(listener, name));
  const { namespace, name: gateway } = route.gateway;
  return isServed ? undefined : `finds no listener of Gateway ${namespace}/${gateway} for it`;
}

/** Whether a name that is none of an Ingress's hosts is one of another Ingress, or of a route: its record stays, whatever becomes of this Ingress. */
function isServedElsewhere(name: string, { cluster }: DnsMove): boolean {
  if (cluster === undefined) return false;
  return (
    servedHosts(cluster).some(({ host }) => host === name) ||
    indexOf(cluster)
      .ofKind(HTTP_ROUTE)
      .some((route) => texts(at(route, ["spec", "hostnames"])).includes(name))
  );
}
