import type { BuiltCluster, BuiltObject } from "../../gitops/flux/built.ts";
import { nameOf } from "../objects.ts";

/** Ends a command with the cluster that it is for, if the repository has several; starts with a space. */
export const contextFlag = ({ name }: BuiltCluster, clusters: readonly BuiltCluster[]): string =>
  clusters.length > 1 ? ` --context <context of ${name}>` : "";

/**
 * The command that brings a commit to a Kustomization on the cluster. A change to the Kustomization itself arrives through its parent; without
 * one in the repository, nothing there applies its file.
 * @param more new files next to that of the Kustomization
 */
export function reconcileCommand(
  { object, origin, kustomization }: BuiltObject,
  cluster: BuiltCluster,
  clusters: readonly BuiltCluster[],
  more: readonly string[] = [],
): string {
  const flag = contextFlag(cluster, clusters);
  const { namespace, name } = nameOf(object);
  if (!kustomization) {
    const files = [origin.source.file, ...more].map((file) => ` -f ${file}`).join("");
    return `kubectl apply${files}${flag} (no Kustomization in this repository applies ${more.length === 0 ? "this file" : "these files"})`;
  }
  const above = nameOf(kustomization.object);
  return [
    `flux -n ${above.namespace} reconcile kustomization ${above.name} --with-source${flag}`,
    `flux -n ${namespace} reconcile kustomization ${name}${flag}`,
  ].join(" && ");
}
