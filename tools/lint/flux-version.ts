import { ObjectIndex } from "../../policy/engine/object-index.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { fluxVersionOf, isAtLeast, type FluxVersion } from "../gitops/flux/flux-version.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { asKubeObject } from "./kube-object.ts";

/**
 * Returns whether a cluster runs at least a version of Flux; undefined if the repository does not show its version. A range counts as its newest version. The version
 * is read on the first call.
 */
export function hasFluxIn(
  { name, objects }: BuiltCluster,
  repository: Repository,
): (version: string) => boolean | undefined {
  let read: { readonly flux: FluxVersion | undefined } | undefined;
  return (version) => {
    const index = (): ObjectIndex => new ObjectIndex(objects.map(({ object }) => asKubeObject(object)));
    read ??= { flux: fluxVersionOf({ name, objects: index(), repository }) };
    return read.flux && isAtLeast(read.flux.version, version);
  };
}
