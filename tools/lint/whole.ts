import type { ObjectIndex } from "../../policy/engine/object-index.ts";
import { fields, text } from "../../policy/engine/read.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { indexOf } from "../gitops/flux/cluster-index.ts";
import { asKubeObject } from "./kube-object.ts";

/**
 * Whether a build is all that runs on a cluster. Without Flux, several directories may be parts of one; and so may be those that someone applies by hand, next
 * to the root that has their source.
 */
export function isWhole(cluster: BuiltCluster, clusters: readonly BuiltCluster[]): boolean {
  if (clusters.length === 1) return true;
  if (cluster.kustomizations.length === 0) return false;
  const others = clusters.filter((other) => other !== cluster).map(indexOf);
  const isElsewhere = (has: (objects: ObjectIndex) => boolean): boolean =>
    !has(indexOf(cluster)) && others.some(has);
  return !cluster.kustomizations.some(({ object }) => {
    const { metadata, spec } = asKubeObject(object);
    const { kind, name, namespace } = fields(fields(spec).sourceRef);
    const source = { group: "source.toolkit.fluxcd.io", kind: text(kind) ?? "" };
    return isElsewhere(
      (objects) => objects.get(source, text(namespace) ?? metadata.namespace, text(name) ?? "") !== undefined,
    );
  });
}
