import { coerce, lt } from "semver";
import { at, fields, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import { CONFIG_MAP } from "../../../../../policy/objects/kinds.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { idOf, isKind } from "../../../objects.ts";
import { scalarsIn } from "../../../texts.ts";
import { isRelease } from "../../oci/artifact.ts";
import { chartOf, valuesIn } from "../release/chart.ts";
import { gatewayBlocks } from "./corefile.ts";
import type { DnsWriter } from "./writer.ts";
import { mayCover } from "./domains.ts";

/** How a k8s_gateway is configured. */
interface Settings extends Pick<DnsWriter, "id" | "kind"> {
  readonly domains: readonly string[];
  /** The kinds that it watches; none if it watches all. */
  readonly kinds: readonly string[];
  readonly ingressClasses: readonly string[];
  readonly gatewayClasses: readonly string[];
  /** What sets the kinds and the classes of Gateways. */
  readonly names: readonly [kinds: string, gatewayClasses: string];
}

/**
 * Every k8s_gateway in a cluster, a DNS server that answers from the objects that it watches: a release of its chart, or a Corefile in a ConfigMap or in the
 * values of another chart, such as app-template.
 * Source: https://github.com/k8s-gateway/k8s_gateway (README.md, charts/k8s-gateway/values.yaml and templates/configmap.yaml)
 */
export const k8sGateways = oncePer((cluster: BuiltCluster): readonly DnsWriter[] =>
  cluster.objects.flatMap(({ object }) => settingsIn(object, cluster).map(readerOf)),
);

function settingsIn(object: Mapping, cluster: BuiltCluster): readonly Settings[] {
  if (isKind(object, CONFIG_MAP))
    return Object.values(fields(object.data)).flatMap((one) => ofCorefile(one, object, "ConfigMap"));
  if (!isRelease(object)) return [];
  const values = valuesIn(object, cluster);
  const chart = chartOf(object, [cluster]);
  return chart.name === "k8s-gateway"
    ? [ofChart(idOf(object), values, chart.version)]
    : scalarsIn(values as Mapping).flatMap(({ value }) => ofCorefile(value, object, "HelmRelease"));
}

function ofChart(id: string, values: Fields, version: string): Settings {
  return {
    id,
    kind: "HelmRelease",
    domains: (text(values.domain) ?? "").split(/[\s,]+/).filter(Boolean),
    kinds: watchedKinds(values, version),
    ingressClasses: texts(at(values, ["filters", "ingressClasses"])),
    gatewayClasses: texts(at(values, ["filters", "gatewayClasses"])),
    names: ["watchedResources", "filters.gatewayClasses"],
  };
}

/** Since 1.5.2, a Corefile without `resources` means Ingresses and Services; its version is not known here. */
function ofCorefile(corefile: unknown, object: Mapping, kind: DnsWriter["kind"]): readonly Settings[] {
  return gatewayBlocks(text(corefile) ?? "").map(
    ({ zones, resources, ingressClasses, gatewayClasses }): Settings => ({
      id: idOf(object),
      kind,
      domains: zones,
      kinds: resources.length > 0 ? resources : ["Ingress", "Service"],
      ingressClasses,
      gatewayClasses,
      names: [
        resources.length > 0 ? "resources" : "the default of resources since k8s_gateway 1.5.2",
        "gatewayClasses",
      ],
    }),
  );
}

function readerOf({ id, kind, domains, kinds, names, ...classes }: Settings): DnsWriter {
  const { ingressClasses, gatewayClasses } = classes;
  const watches = (one: string): boolean => kinds.length === 0 || kinds.includes(one);
  return {
    id,
    kind,
    program: "k8s_gateway",
    afterwards: "would no longer answer for it",
    // Its own limit for Gateways is part of `whyBlind`.
    ingressClasses: [],
    covers: (host) => mayCover(host, domains),
    namesOf: (read) =>
      read.kind !== "IngressRoute" &&
      watches("Ingress") &&
      (ingressClasses.length === 0 || ingressClasses.includes(read.ingressClass))
        ? read.hosts
        : [],
    routeNames: ({ hosts }) => hosts,
    whyBlind: ({ gateway: { className = "" } }) => {
      if (!watches("HTTPRoute")) return `watches only ${kinds.join(", ")} (${names[0]})`;
      if (gatewayClasses.length === 0 || gatewayClasses.includes(className)) return undefined;
      return `reads only Gateways of class ${gatewayClasses.join(", ")} (${names[1]})`;
    },
  };
}

/** The kinds that it watches; none if it watches all. The chart's default is all before 3.0. */
function watchedKinds({ watchedResources }: Fields, version: string): readonly string[] {
  if (watchedResources !== undefined) return texts(watchedResources);
  const known = coerce(version);
  return known && lt(known, "3.0.0") ? [] : ["Ingress", "Service"];
}
