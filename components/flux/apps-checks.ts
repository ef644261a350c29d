import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { FluxAppsArgs } from "./apps.ts";
import { unguardedMoves } from "./guards.ts";
import { id, liveRoots, type LiveKustomization, type LiveRoots } from "./live.ts";
import { checkReferences } from "./references.ts";
import { asWarning } from "./root-checks.ts";
import { checkControllers } from "./controllers.ts";

/**
 * Checks a change to the children's placement before any child moves. Moving a Kustomization deletes and recreates it, and pruning the old one
 * deletes everything that it applied, unless a guard is already live (docs/decisions/moving-a-kustomization-deletes.md). In observe mode
 * nothing moves, so errors become warnings.
 */
export async function checkFluxApps(args: FluxAppsArgs, cluster: ClusterReader): Promise<Finding[]> {
  const live = await liveRoots(args.root, cluster);
  const findings = [
    ...unguardedMoves(args, live),
    ...(args.placement === "namespace"
      ? [...nameClashes(args, live.children), ...brokenDependencies(args, live)]
      : []),
    ...(args.rbac === "strict" ? outsideTenants(args, live.children) : []),
    ...(await checkControllers(args, cluster)),
    ...(await checkReferences(args, live.children, cluster)),
  ];
  return args.root.mode === "observe" ? findings.map(asWarning) : findings;
}

/** Children with the same name cannot share a namespace: one would overwrite the other in the root's build. */
function nameClashes({ namespace }: FluxAppsArgs, children: readonly LiveKustomization[]): Finding[] {
  const byName = Map.groupBy(
    // A child that has moved but still exists in its old namespace counts once.
    children.filter(({ metadata }) => metadata.namespace !== namespace),
    ({ metadata }) => metadata.name,
  );
  return [...byName]
    .filter(([, { length }]) => length > 1)
    .map(([name, clashing]) => ({
      severity: "error",
      message: `${clashing.map(id).join(" and ")} would both become Kustomization ${namespace}/${name}.`,
      hint: "Rename all but one of them in the repository, or choose a different edgefirst:flux.apps.placement.",
    }));
}

/** In `dependsOn`, a name without a namespace refers to the child's own namespace, so a child and its dependency must move together. */
function brokenDependencies({ namespace, root }: FluxAppsArgs, { children, optedOut }: LiveRoots): Finding[] {
  const moved = new Set(children.map(({ metadata }) => metadata.name));
  const left = new Map(optedOut.map((child) => [child.metadata.name, child.metadata.namespace]));
  const ofMoved = children.flatMap((child) =>
    (child.spec.dependsOn ?? []).map((dependency) => {
      if (dependency.namespace !== undefined && dependency.namespace !== namespace)
        return moved.has(dependency.name) ? broken(child, dependency, namespace) : undefined;
      const stays = left.get(dependency.name);
      return stays === undefined || moved.has(dependency.name)
        ? undefined
        : broken(child, { ...dependency, namespace }, stays);
    }),
  );
  const ofLeft = optedOut.flatMap((child) =>
    (child.spec.dependsOn ?? [])
      .filter((dependency) => dependency.namespace !== namespace && moved.has(dependency.name))
      .map((dependency) => broken(child, dependency, namespace)),
  );
  return [...ofMoved, ...ofLeft].filter((finding) => finding !== undefined);

  function broken(
    child: LiveKustomization,
    dependency: { readonly name: string; readonly namespace?: string },
    where: string,
  ): Finding {
    const named = dependency.namespace ?? child.metadata.namespace;
    return {
      severity: "warning",
      message: `Kustomization ${id(child)} depends on ${named}/${dependency.name}, which will move to ${where}/${dependency.name}, so the child would wait forever.`,
      hint: `Set the namespace ${where} in the child's dependsOn, or omit the namespace if both move. The label ${root.optOutLabel}: "true" keeps a child in its namespace.`,
    };
  }
}

/** Reports children that apply objects to namespaces in which strict mode gives them no permissions. */
function outsideTenants(
  { tenantNamespaces }: FluxAppsArgs,
  children: readonly LiveKustomization[],
): Finding[] {
  return children
    .filter(
      ({ spec }) => spec.targetNamespace !== undefined && !tenantNamespaces.includes(spec.targetNamespace),
    )
    .map((child) => ({
      severity: "warning",
      message: `Kustomization ${id(child)} applies objects to ${child.spec.targetNamespace ?? ""}, which is not in edgefirst:flux.apps.tenantNamespaces: it would have no permissions there.`,
      hint: "Add the namespace to the list. If the child belongs to the platform, set the label in edgefirst:flux.root.optOutLabel on it instead.",
    }));
}
