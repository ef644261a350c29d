import { oncePer } from "../../lib/once-per.ts";
import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";

export { indexOf } from "../gitops/flux/cluster-index.ts";

/** The cluster that receives an object. */
export function clusterOf(object: BuiltObject, clusters: readonly BuiltCluster[]): BuiltCluster | undefined {
  return clusters.find((cluster) => objectsOf(cluster).has(object));
}

const objectsOf = oncePer(({ objects }: BuiltCluster): ReadonlySet<BuiltObject> => new Set(objects));

/** The cluster of the same name in another build of the repository. */
export const sameCluster = (
  cluster: BuiltCluster | undefined,
  clusters: readonly BuiltCluster[],
): BuiltCluster | undefined => clusters.find(({ name }) => name === cluster?.name);

/** A cluster in a sentence; a repository with one cluster has no name for it. */
export const describeCluster = ({ name }: BuiltCluster): string => (name === "." ? "the cluster" : name);
