import type { BuiltCluster } from "../gitops/flux/built.ts";
import { indexOf } from "../gitops/flux/cluster-index.ts";
import { fluxVersionOf, isAtLeast } from "../gitops/flux/flux-version.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/**
 * Returns whether a cluster runs at least a version of Flux; undefined if the repository does not show its version. A range counts as its newest version. The version
 * is read on the first call.
 */
export function hasFluxIn(
  cluster: BuiltCluster,
  repository: Repository,
): (version: string) => boolean | undefined {
  return (version) => {
    const flux = fluxVersionOf({ name: cluster.name, objects: indexOf(cluster), repository });
    return flux && isAtLeast(flux.version, version);
  };
}
