import type { BuiltCluster, BuiltObject } from "../../gitops/flux/built.ts";
import { nameOf } from "../objects.ts";

/** Ends a command with the cluster that it is for, if the repository has several; starts with a space. */
export const contextFlag = ({ name }: BuiltCluster, clusters: readonly BuiltCluster[]): string =>
  clusters.length > 1 ? ` --context <context of ${name}>` : "";

/** The command that makes Flux apply a commit to a Kustomization. A change to the Kustomization itself arrives through its parent. */
export function reconcileCommand(
  { object, kustomization }: BuiltObject,
  cluster: BuiltCluster,
  clusters: readonly BuiltCluster[],
): string {
  const flag = contextFlag(cluster, clusters);
  const { namespace, name } = nameOf(object);
  const above = kustomization && nameOf(kustomization.object);
  return [
    ...(above
      ? [`flux -n ${above.namespace} reconcile kustomization ${above.name} --with-source${flag}`]
      : []),
    `flux -n ${namespace} reconcile kustomization ${name}${above ? "" : " --with-source"}${flag}`,
  ].join(" && ");
}
