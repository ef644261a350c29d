import { coerce, gte, lt } from "semver";
import { texts } from "../../../../../policy/engine/read.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { parseLabelSelector } from "../../../../gitops/kustomize/label-selector.ts";
import { dnsAnnotation } from "../reading/annotations.ts";
import { managedHosts } from "./domains.ts";
import { programsIn, type Program } from "./external-dns-programs.ts";
import { flagsIn, type Flags } from "./flags.ts";
import { namesFromIngress, namesFromRoute, unknownTemplates } from "./names.ts";
import { addressLimit, targetsOf, writtenTypes } from "./record-targets.ts";
import type { DnsWriter, OwnAnnotation, ReadIngress, ReadRoute, Texts } from "./writer.ts";

/** Every external-dns in a cluster. */
export const externalDns = oncePer((cluster: BuiltCluster): readonly DnsWriter[] =>
  programsIn(cluster).map(readerOf),
);

/**
 * Sources: values.yaml and templates/deployment.yaml in chart external-dns; source/ingress.go, source/traefik_proxy.go and source/gateway.go in
 * https://github.com/kubernetes-sigs/external-dns; the default policy of the chart is `upsert-only`, and that of the program `sync`; from 0.22 on there is none.
 */
function readerOf(program: Program): DnsWriter {
  const { values } = program;
  const flags = flagsIn(values);
  const { all } = flags;
  const sources = values.sources === undefined ? ["service", "ingress"] : texts(values.sources);
  const reads = (source: string): boolean => [...sources, ...all("source")].includes(source);
  const [annotationFilter = ""] = all("annotation-filter", "annotationFilter");
  const filters = filtersOf(program, flags);
  const classes = all("ingress-class", "ingressClassFilters");
  const annotation = annotationsOf(program, flags);
  const isWritten = writtenTypes(flags);
  const fixed = flags.isSet("force-default-targets") ? targetsOf(all("default-targets").join()) : undefined;
  const targetIn = (annotations: Texts): string | undefined =>
    fixed ?? targetsOf(annotation("target", annotations));
  const readsIngress = (ingress: ReadIngress): boolean =>
    reads(ingress.kind === "IngressRoute" ? "traefik-proxy" : "ingress") &&
    // The source traefik-proxy knows neither classes nor the address.
    (ingress.kind === "IngressRoute"
      ? targetsOf(annotation("target", ingress.annotations)) !== undefined
      : classes.length === 0 || classes.includes(ingress.ingressClass)) &&
    filters(ingress, annotation).length === 0 &&
    selects(annotationFilter, ingress.annotations, true) &&
    isWritten(targetIn(ingress.annotations));
  return {
    id: program.id,
    kind: program.kind,
    program: "external-dns",
    filtered: annotationFilter.match(QUALIFIED) ?? [],
    ingressClasses: classes,
    // With another policy than sync, a record stays as it is.
    afterwards:
      (all("policy", "policy")[0] ?? program.policy) === "sync"
        ? "would delete it"
        : "would leave it pointing to the Ingress controller",
    covers: managedHosts(flags),
    namesOf: (ingress) => (readsIngress(ingress) ? namesFromIngress(ingress, flags, annotation) : []),
    routeNames: (route) => namesFromRoute(route, flags, annotation),
    targetIn,
    fixedTarget: fixed,
    conditions: [...addressLimit(flags), ...unknownTemplates(flags)],
    whyBlind: (route) => {
      const reasons = [
        !reads("gateway-httproute") && "does not have the source gateway-httproute",
        ...filters(route, annotation),
        ...otherGateway(route, flags),
        !selects(annotationFilter, route.annotations, false) &&
          `reads only objects with the annotations ${annotationFilter} (--annotation-filter), which the route does not have`,
        !isWritten(targetIn(route.gateway.annotations ?? {})) &&
          `does not write records of this type (${["managed", "exclude"].map((one) => `--${one}-record-types`).join(", ")})`,
      ].filter((reason) => reason !== false);
      // Whoever removes only one of several still loses the records.
      return reasons.length === 0 ? undefined : reasons.join(", and it ");
    },
  };
}

/** Names of annotations with a prefix, as all have that a route loses. */
const QUALIFIED = /[a-z0-9.-]+\/[\w.-]+/gi;

/** Reads annotations with the prefix of a program; with both usual prefixes, if its version decides and is not known. */
function annotationsOf({ version }: Program, { all }: Flags): OwnAnnotation {
  const [own] = all("annotation-prefix", "annotationPrefix");
  const known = coerce(version);
  const standard =
    known && lt(known, "0.22.0")
      ? "external-dns.alpha.kubernetes.io/"
      : // Later versions can also read the older prefix.
        known && gte(known, "0.22.0") && lt(known, "0.23.0")
        ? "external-dns.kubernetes.io/"
        : undefined;
  const prefix = own ?? standard;
  return (name, annotations) =>
    prefix === undefined ? dnsAnnotation(name, annotations) : annotations[`${prefix}${name}`];
}

/** Why external-dns leaves out an Ingress or a route, for what both have. */
function filtersOf(
  program: Program,
  { all }: Flags,
): (object: ReadIngress | ReadRoute, annotation: OwnAnnotation) => readonly string[] {
  const [labelFilter = ""] = all("label-filter", "labelFilter");
  const namespace = all("namespace")[0] ?? program.namespace;
  return ({ labels, namespace: own, annotations }, annotation) =>
    [
      labels !== undefined &&
        !selects(labelFilter, labels, true) &&
        `reads only objects with the labels ${labelFilter} (--label-filter), which the route does not have`,
      namespace !== undefined &&
        namespace !== own &&
        `reads only objects in namespace ${namespace} (--namespace)`,
      (annotation("controller", annotations) ?? DNS_CONTROLLER) !== DNS_CONTROLLER &&
        "leaves the route to another controller, as its annotation says",
    ].filter((reason) => reason !== false);
}

const DNS_CONTROLLER = "dns-controller";

function otherGateway({ gateway }: ReadRoute, { all }: Flags): readonly string[] {
  const { namespace, name, labels } = gateway;
  const [gatewayName] = all("gateway-name");
  const [gatewayNamespace] = all("gateway-namespace", "gatewayNamespace");
  const [gatewayLabels] = all("gateway-label-filter");
  return [
    gatewayName !== undefined &&
      gatewayName !== name &&
      `reads only the routes of Gateway ${gatewayName} (--gateway-name)`,
    gatewayNamespace !== undefined &&
      gatewayNamespace !== namespace &&
      `reads only Gateways in namespace ${gatewayNamespace} (--gateway-namespace)`,
    gatewayLabels !== undefined &&
      !selects(gatewayLabels, labels ?? {}, false) &&
      `reads only Gateways with the labels ${gatewayLabels} (--gateway-label-filter), which this repository does not show for ${namespace}/${name}`,
  ].filter((reason) => reason !== false);
}

/** Whether a selector matches; `invalid` if it cannot be parsed. */
function selects(selector: string, values: Texts, invalid: boolean): boolean {
  return parseLabelSelector(selector)?.(values) ?? invalid;
}
