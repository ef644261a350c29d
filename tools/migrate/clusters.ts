import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import { oncePer } from "../../lib/once-per.ts";

/** The cluster that receives an object. */
export function clusterOf(object: BuiltObject, clusters: readonly BuiltCluster[]): BuiltCluster | undefined {
  return clusters.find((cluster) => objectsOf(cluster).has(object));
}

const objectsOf = oncePer(({ objects }: BuiltCluster): ReadonlySet<BuiltObject> => new Set(objects));
