import { coerce, lt } from "semver";
import { at, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { idOf } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { chartOf, valuesIn } from "../release/chart.ts";
import type { DnsWriter } from "./writer.ts";
import { mayCover } from "./domains.ts";

/**
 * Every k8s_gateway in a cluster that is a release of its chart: a DNS server that answers from the objects that it watches.
 * Source: https://github.com/k8s-gateway/k8s_gateway (README.md, charts/k8s-gateway/values.yaml and templates/configmap.yaml)
 */
export const k8sGateways = oncePer((cluster: BuiltCluster): readonly DnsWriter[] =>
  cluster.objects.flatMap(({ object }) => {
    const chart = isRelease(object) ? chartOf(object, [cluster]) : undefined;
    if (chart?.name !== "k8s-gateway") return [];
    return [readerOf(idOf(object), valuesIn(object, cluster), chart.version)];
  }),
);

function readerOf(id: string, values: Fields, version: string): DnsWriter {
  const domains = (text(values.domain) ?? "").split(/[\s,]+/).filter(Boolean);
  const kinds = watchedKinds(values, version);
  const watches = (kind: string): boolean => kinds.length === 0 || kinds.includes(kind);
  const ingressClasses = texts(at(values, ["filters", "ingressClasses"]));
  const gatewayClasses = texts(at(values, ["filters", "gatewayClasses"]));
  return {
    id,
    kind: "HelmRelease",
    program: "k8s_gateway",
    afterwards: "would no longer answer for it",
    // Its own limit for Gateways is part of `whyBlind`.
    ingressClasses: [],
    covers: (host) => mayCover(host, domains),
    namesOf: ({ kind, ingressClass, hosts }) =>
      kind !== "IngressRoute" &&
      watches("Ingress") &&
      (ingressClasses.length === 0 || ingressClasses.includes(ingressClass))
        ? hosts
        : [],
    routeNames: ({ hosts }) => hosts,
    whyBlind: ({ gateway: { className = "" } }) => {
      if (!watches("HTTPRoute")) return `watches only ${kinds.join(", ")} (watchedResources)`;
      if (gatewayClasses.length === 0 || gatewayClasses.includes(className)) return undefined;
      return `reads only Gateways of class ${gatewayClasses.join(", ")} (filters.gatewayClasses)`;
    },
  };
}

/** The kinds that it watches; none if it watches all. The chart's default is all before 3.0. */
function watchedKinds({ watchedResources }: Fields, version: string): readonly string[] {
  if (watchedResources !== undefined) return texts(watchedResources);
  const known = coerce(version);
  return known && lt(known, "3.0.0") ? [] : ["Ingress", "Service"];
}
