import { commaList } from "../../../../../lib/comma-list.ts";
import type { Flags } from "./flags.ts";
import type { OwnAnnotation, ReadIngress, ReadRoute, Texts } from "./writer.ts";

/** The names in the annotation `hostname`. */
function hostnames(annotations: Texts, { isSet }: Flags, annotation: OwnAnnotation): readonly string[] {
  if (isSet("ignore-hostname-annotation", "ignoreHostnameAnnotation")) return [];
  return commaList(annotation("hostname", annotations) ?? "");
}

/**
 * The names that templates add to those of an object, or give one without names. Only an object's name and namespace are filled in.
 * Source: source/template/engine.go
 */
function withTemplates(
  names: readonly string[],
  { name, namespace }: Pick<ReadRoute, "name" | "namespace">,
  flags: Flags,
): readonly string[] {
  if (name === undefined || (names.length > 0 && !combines(flags))) return names;
  const added = templates(flags)
    .map((template) =>
      template.replaceAll(/\{\{\s*\.Name\s*\}\}/g, name).replaceAll(/\{\{\s*\.Namespace\s*\}\}/g, namespace),
    )
    .filter((own) => !own.includes("{{"));
  return distinct([...names, ...added]);
}

const templates = ({ all }: Flags): readonly string[] => all("fqdn-template").flatMap(commaList);

const combines = ({ isSet }: Flags): boolean => isSet("combine-fqdn-annotation");

/** What is not known of the names: those of templates that read more of an object. */
export const unknownTemplates = (flags: Flags): readonly string[] =>
  combines(flags) && templates(flags).some((template) => /\{\{(?!\s*\.Name(?:space)?\s*\}\})/.test(template))
    ? ["also writes names by --fqdn-template, which are not known here"]
    : [];

/** The names of whose records external-dns writes for an Ingress that it reads. Source: endpointsFromIngress in source/ingress.go */
export function namesFromIngress(
  ingress: ReadIngress,
  flags: Flags,
  annotation: OwnAnnotation,
): readonly string[] {
  const names = ownNames(ingress, flags, annotation);
  // For IngressRoutes, a template must give the target as well.
  return ingress.kind === "IngressRoute" ? names : withTemplates(names, ingress, flags);
}

function ownNames(ingress: ReadIngress, flags: Flags, annotation: OwnAnnotation): readonly string[] {
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
export function namesFromRoute(route: ReadRoute, flags: Flags, annotation: OwnAnnotation): readonly string[] {
  const { annotations } = route;
  const hosts = withTemplates(route.hosts, route, flags);
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
