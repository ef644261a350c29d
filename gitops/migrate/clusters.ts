import type { BuiltCluster, BuiltObject } from "../flux/built.ts";

/** The cluster that gets an object. */
export function clusterOf(object: BuiltObject, clusters: readonly BuiltCluster[]): BuiltCluster | undefined {
  return clusters.find(({ objects }) => objects.includes(object));
}
