import type { Flags } from "./flags.ts";
import type { OwnAnnotation, ReadIngress, ReadRoute, Texts } from "./writer.ts";

/** The names in the annotation `hostname`. */
function hostnames(annotations: Texts, { isSet }: Flags, annotation: OwnAnnotation): readonly string[] {
  if (isSet("ignore-hostname-annotation", "ignoreHostnameAnnotation")) return [];
  return (annotation("hostname", annotations) ?? "").split(",").flatMap((name) => name.trim() || []);
}

/** The names of whose records external-dns writes for an Ingress that it reads. Source: endpointsFromIngress in source/ingress.go */
export function namesFromIngress(
  ingress: ReadIngress,
  flags: Flags,
  annotation: OwnAnnotation,
): readonly string[] {
  const { kind, annotations, hosts, tlsHosts } = ingress;
  const annotated = hostnames(annotations, flags, annotation);
  if (kind === "IngressRoute") return distinct([...hosts, ...annotated]);
  const defined = [
    ...(flags.isSet("ignore-ingress-rules-spec") ? [] : hosts),
    ...(flags.isSet("ignore-ingress-tls-spec") ? [] : tlsHosts),
  ];
  switch (annotation("ingress-hostname-source", annotations)?.toLowerCase()) {
    case undefined:
      return distinct([...defined, ...annotated]);
    case "defined-hosts-only":
      return distinct(defined);
    case "annotation-only":
      return distinct(annotated);
    default:
      return [];
  }
}

/** The same for a route. Source: hosts in source/gateway.go */
export function namesFromRoute(
  { hosts, annotations }: ReadRoute,
  flags: Flags,
  annotation: OwnAnnotation,
): readonly string[] {
  const annotated = hostnames(annotations, flags, annotation);
  switch (annotation("gateway-hostname-source", annotations)?.toLowerCase()) {
    case "defined-hosts-only":
      return hosts;
    case "annotation-only":
      return annotated;
    default:
      return distinct([...hosts, ...annotated]);
  }
}

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names.filter(Boolean))];
