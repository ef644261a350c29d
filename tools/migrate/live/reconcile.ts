import type { BuiltCluster, BuiltObject } from "../../gitops/flux/built.ts";
import { unknownPathTo } from "../../gitops/flux/unknown-paths.ts";
import { nameOf } from "../objects.ts";
import { applyCommand } from "../apply-command.ts";
import type { FileChange, StepContext } from "../step.ts";

/** Ends a command with the cluster that it is for, if the repository has several; starts with a space. */
export const contextFlag = ({ name }: BuiltCluster, clusters: readonly BuiltCluster[]): string =>
  clusters.length > 1 ? ` --context <context of ${name}>` : "";

/** A repository as far as the commands for its clusters need it. */
export type Rollout = Pick<StepContext, "clusters" | "repository">;

/**
 * The command that brings a commit to a Kustomization on the cluster. A change to the Kustomization itself arrives through its parent; without
 * one in the repository, nothing there applies its file.
 * @param more changes next to the file of the Kustomization: new files, and the lists that include them
 */
export function reconcileCommand(
  root: BuiltObject,
  cluster: BuiltCluster,
  { clusters, repository }: Rollout,
  more: readonly FileChange[] = [],
): string {
  const flag = contextFlag(cluster, clusters);
  const { namespace, name } = nameOf(root.object);
  const own = `flux -n ${namespace} reconcile kustomization ${name}${flag}`;
  if (root.kustomization) {
    const above = nameOf(root.kustomization.object);
    return `flux -n ${above.namespace} reconcile kustomization ${above.name} --with-source${flag} && ${own}`;
  }
  const { file } = root.origin.source;
  const these = more.length === 0 ? "this file" : "these files";
  const unknown = unknownPathTo(file, clusters, repository);
  if (unknown)
    return `flux -n <namespace> reconcile kustomization <name> --with-source${flag} && ${own} (which Kustomization applies ${these} is not known: the path ${unknown.path} in ${unknown.file} contains a variable that this repository does not define; see its name with: flux -n ${namespace} trace kustomization ${name}${flag})`;
  const after = repository.with(new Map(more.map(({ path, text }) => [path, text])));
  const files = [file, ...more.map(({ path }) => path)];
  return `${applyCommand(files, after, clusters, flag)} (no Kustomization in this repository applies ${these})`;
}
