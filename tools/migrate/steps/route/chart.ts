import type { Fields } from "../../../../policy/engine/read.ts";
import { valuesOf } from "../../../../policy/objects/helm.ts";
import { HELM_CHART, OCI_REPOSITORY } from "../../../../policy/objects/kinds.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { indexOf } from "../../clusters.ts";
import { fieldAt, nameOf, objectNamed } from "../../objects.ts";

/** A chart, and its version as written. */
export interface Chart {
  readonly name: string;
  readonly version: string;
}

/** The chart of a HelmRelease: from its HelmRepository, or from the HelmChart or OCIRepository that it refers to. */
export function chartOf(release: Mapping, clusters: readonly BuiltCluster[]): Chart {
  const chart = fieldAt(release, ["spec", "chart", "spec"]);
  if (isMapping(chart)) return { name: scalarText(chart.chart), version: scalarText(chart.version) };
  const name = scalarText(fieldAt(release, ["spec", "chartRef", "name"]));
  const namespace =
    scalarText(fieldAt(release, ["spec", "chartRef", "namespace"])) || nameOf(release).namespace;
  const isChart = fieldAt(release, ["spec", "chartRef", "kind"]) === HELM_CHART.kind;
  const source = objectNamed(clusters, isChart ? HELM_CHART : OCI_REPOSITORY, { namespace, name })?.object;
  if (isChart)
    return {
      name: scalarText(fieldAt(source, ["spec", "chart"])),
      version: scalarText(fieldAt(source, ["spec", "version"])),
    };
  const url = scalarText(fieldAt(source, ["spec", "url"]));
  const tag =
    scalarText(fieldAt(source, ["spec", "ref", "tag"])) ||
    scalarText(fieldAt(source, ["spec", "ref", "semver"]));
  return { name: url.split("/").at(-1) ?? "", version: tag };
}

/** The values of a HelmRelease in its cluster, those from `valuesFrom` included. */
export const valuesIn = (release: Mapping, cluster: BuiltCluster): Fields =>
  valuesOf(asKubeObject(release), indexOf(cluster)).values;
