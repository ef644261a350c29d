import { fields, list, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import { isExternalDns } from "../../../../../policy/objects/dns-sources.ts";
import { DEPLOYMENT } from "../../../../../policy/objects/kinds.ts";
import { argumentsOf, containersOf } from "../../../../../policy/objects/workloads.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { parseLabelSelector } from "../../../../gitops/kustomize/label-selector.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { idOf, isKind } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { chartOf, valuesIn } from "../release/chart.ts";
import type { DnsWriter, Texts } from "./writer.ts";

/** Every external-dns in a cluster that is a release of its chart or a Deployment. */
export const externalDns = oncePer((cluster: BuiltCluster): readonly DnsWriter[] =>
  cluster.objects.flatMap(({ object }) => [...ofRelease(object, cluster), ...ofDeployment(object)]),
);

function ofRelease(object: Mapping, cluster: BuiltCluster): readonly DnsWriter[] {
  if (!isRelease(object) || chartOf(object, [cluster]).name !== "external-dns") return [];
  const program = { id: idOf(object), kind: "HelmRelease", policy: "upsert-only" } as const;
  return [readerOf(program, valuesIn(object, cluster))];
}

function ofDeployment(object: Mapping): readonly DnsWriter[] {
  if (!isKind(object, DEPLOYMENT)) return [];
  return containersOf(asKubeObject(object))
    .filter(isExternalDns)
    .map((container) => {
      const extraArgs = argumentsOf(container);
      return readerOf({ id: idOf(object), kind: "Deployment", policy: "sync" }, { sources: [], extraArgs });
    });
}

/**
 * Sources: values.yaml and templates/deployment.yaml in chart external-dns; source/ingress.go and source/gateway.go in
 * https://github.com/kubernetes-sigs/external-dns; the default policy of the chart is `upsert-only`, and that of the program `sync`.
 */
function readerOf(
  { id, kind, policy }: Pick<DnsWriter, "id" | "kind"> & { readonly policy: string },
  values: Fields,
): DnsWriter {
  const flags = flagsOf(values.extraArgs);
  const all = (flag: string, ...keys: readonly string[]): readonly string[] => [
    ...keys.flatMap((key) => [...texts(values[key]), ...(text(values[key]) ? [scalar(values[key])] : [])]),
    ...(flags.get(flag) ?? []),
  ];
  const sources = values.sources === undefined ? ["service", "ingress"] : texts(values.sources);
  const reads = (source: string): boolean => [...sources, ...(flags.get("source") ?? [])].includes(source);
  const [annotationFilter = ""] = all("annotation-filter", "annotationFilter");
  const [labelFilter = ""] = all("label-filter", "labelFilter");
  const hasLabels = (labels: Texts | undefined): boolean =>
    labels === undefined || selects(labelFilter, labels, true);
  const [gatewayName] = all("gateway-name");
  const [gatewayNamespace] = all("gateway-namespace", "gatewayNamespace");
  const [gatewayLabels] = all("gateway-label-filter");
  const classes = all("ingress-class", "ingressClassFilters");
  const domains = all("domain-filter", "domainFilters");
  const excluded = all("exclude-domains", "excludeDomains");
  return {
    id,
    kind,
    ingressClasses: classes,
    // With another policy than sync, a record stays as it is.
    afterwards:
      (all("policy", "policy")[0] ?? policy) === "sync"
        ? "would delete it"
        : "would leave it pointing to the Ingress controller",
    covers: (host) => mayCover(host, domains) && !isWithin(host, excluded),
    readsIngress: ({ kind: read, ingressClass, annotations, labels }) =>
      hasLabels(labels) &&
      reads(read === "IngressRoute" ? "traefik-proxy" : "ingress") &&
      (classes.length === 0 || classes.includes(ingressClass)) &&
      selects(annotationFilter, annotations, true),
    whyBlind: ({ annotations, labels: own, gateway: { namespace, name, labels } }) => {
      const reasons = [
        !hasLabels(own) &&
          `reads only objects with the labels ${labelFilter} (--label-filter), which the route does not have`,
        !reads("gateway-httproute") && "does not have the source gateway-httproute",
        gatewayName !== undefined &&
          gatewayName !== name &&
          `reads only the routes of Gateway ${gatewayName} (--gateway-name)`,
        gatewayNamespace !== undefined &&
          gatewayNamespace !== namespace &&
          `reads only Gateways in namespace ${gatewayNamespace} (--gateway-namespace)`,
        gatewayLabels !== undefined &&
          !selects(gatewayLabels, labels ?? {}, false) &&
          `reads only Gateways with the labels ${gatewayLabels} (--gateway-label-filter), which this repository does not show for ${namespace}/${name}`,
        !selects(annotationFilter, annotations, false) &&
          `reads only objects with the annotations ${annotationFilter} (--annotation-filter), which the route does not have`,
      ].filter((reason) => reason !== false);
      // Whoever removes only one of several still loses the records.
      return reasons.length === 0 ? undefined : reasons.join(", and it ");
    },
  };
}

const scalar = (value: unknown): string => scalarText(value as string);

/** Whether a selector matches; `invalid` if it cannot be parsed. */
function selects(selector: string, values: Texts, invalid: boolean): boolean {
  return parseLabelSelector(selector)?.(values) ?? invalid;
}

/** Whether a host may be in one of the domains, of which none means all. A variable without a known value may stand for any name. */
export function mayCover(host: string, domains: readonly string[]): boolean {
  const isUnknown = (name: string): boolean => name.includes("${");
  return domains.length === 0 || isUnknown(host) || domains.some(isUnknown) || isWithin(host, domains);
}

const isWithin = (host: string, domains: readonly string[]): boolean =>
  domains.some((domain) => host === domain || host.endsWith(domain.replace(/^\.?/, ".")));

/** The flags in `extraArgs`, a list of arguments or a map. */
function flagsOf(extraArgs: unknown): ReadonlyMap<string, readonly string[]> {
  const written: readonly Flag[] = Array.isArray(extraArgs)
    ? texts(list(extraArgs)).map((argument): Flag => {
        const [, flag = "", value = ""] = /^--([^=]+)(?:=(.*))?$/.exec(argument) ?? [];
        return [flag, [value]];
      })
    : Object.entries(fields(extraArgs)).map(([flag, value]): Flag => [
        flag,
        (Array.isArray(value) ? value : [value]).map(scalar),
      ]);
  const grouped = Map.groupBy(written, ([flag]) => flag);
  return new Map([...grouped].map(([flag, own]) => [flag, own.flatMap(([, values]) => values)]));
}

type Flag = readonly [name: string, values: readonly string[]];
