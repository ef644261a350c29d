import type { Fields } from "../../../../../policy/engine/read.ts";
import { chartOf as chartIn, valuesOf } from "../../../../../policy/objects/helm.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";

/** A chart, and its version as written; both are empty if they are not known. */
export interface Chart {
  readonly name: string;
  readonly version: string;
}

/** The chart of a HelmRelease, as the first cluster knows it that has its source. A chart in a directory has the directory's path as its name. */
export function chartOf(release: Mapping, clusters: readonly BuiltCluster[]): Chart {
  const charts = clusters.map((cluster) => chartIn(asKubeObject(release), indexOf(cluster)));
  const { written = "", version = "" } = charts.find((chart) => chart.written !== undefined) ?? {};
  return { name: written, version };
}

/** The values of a HelmRelease in its cluster, those from `valuesFrom` included. */
export const valuesIn = (release: Mapping, cluster: BuiltCluster): Fields =>
  valuesOf(asKubeObject(release), indexOf(cluster)).values;
