import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import type { StepContext } from "../../step.ts";

/**
 * The tasks `verify` and `sync` as lines of a `tasks` mapping; undefined if the clusters do not share one root Kustomization and one
 * source by name.
 */
export function fluxTasks(
  { clusters }: StepContext,
  root: Mapping,
): ReadonlyMap<"verify" | "sync", string> | undefined {
  const [first = [], ...others] = clusters.map(rootCommands);
  const common = first.filter((commands) =>
    others.every((roots) => roots.some((other) => other.join() === commands.join())),
  );
  const [commands, ...more] = common;
  if (!commands || more.length > 0) return undefined;
  const [kustomization, source] = commands;
  const kubeconfig =
    isMapping(root.vars) && root.vars.KUBECONFIG_FILE !== undefined
      ? "--kubeconfig {{.KUBECONFIG_FILE}} "
      : "";
  const task = (name: string, description: string, command: string): string =>
    `${name}:\n  desc: ${description}\n  cmd: flux ${kubeconfig}reconcile ${command}\n`;
  return new Map([
    ["verify", task("verify", "Reconcile the root Kustomization and wait until it is ready", kustomization)],
    ["sync", task("sync", "Fetch the latest revision of Flux's source", source)],
  ]);
}

/** The commands that reconcile each Kustomization that no other Kustomization applies. */
function rootCommands({ objects }: BuiltCluster): readonly (readonly [string, string])[] {
  return objects.flatMap(({ object, kustomization }) => {
    if (!isFluxKustomization(object)) return [];
    if (kustomization && nameOf(kustomization.object) !== nameOf(object)) return [];
    return commandsOf(object) ?? [];
  });
}

function nameOf({ metadata }: Mapping): string {
  return isMapping(metadata) ? `${scalarText(metadata.namespace)}/${scalarText(metadata.name)}` : "";
}

function commandsOf(kustomization: Mapping): readonly (readonly [string, string])[] | undefined {
  const metadata = isMapping(kustomization.metadata) ? kustomization.metadata : {};
  const { sourceRef } = specOf(kustomization);
  const source = isMapping(sourceRef) ? sourceRef : {};
  const kind = { GitRepository: "git", OCIRepository: "oci" }[scalarText(source.kind)];
  const namespace = scalarText(metadata.namespace) || "flux-system";
  if (kind === undefined) return undefined;
  const commands = [
    `--namespace ${namespace} kustomization ${scalarText(metadata.name)}`,
    `--namespace ${scalarText(source.namespace) || namespace} source ${kind} ${scalarText(source.name)}`,
  ] as const;
  return [commands];
}
