import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { FluxAppsArgs } from "./apps.ts";
import { unguardedMoves } from "./guards.ts";
import { id, liveRoots, type LiveKustomization, type LiveRoots } from "./live.ts";
import { checkReferences } from "./references.ts";
import { asWarning } from "./root-checks.ts";
import { checkControllers } from "./controllers.ts";

/**
 * Whether children can be where they are to be, before anything moves. Moving a Kustomization is a delete and a create: the old one's pruning deletes what
 * it applied, unless it is guarded and the guard is live already (docs/decisions/moving-a-kustomization-deletes.md). In mode observe nothing moves, so there nothing is an error.
 */
export async function checkFluxApps(args: FluxAppsArgs, cluster: ClusterReader): Promise<Finding[]> {
  const live = await liveRoots(args.root, cluster);
  const findings = [
    ...unguardedMoves(args, live),
    ...(args.placement === "namespace"
      ? [...nameClashes(args, live.children), ...brokenDependencies(args, live)]
      : []),
    ...(args.rbac === "strict" ? strangers(args, live.children) : []),
    ...(await checkControllers(args, cluster)),
    ...(await checkReferences(args, live.children, cluster)),
  ];
  return args.root.mode === "observe" ? findings.map(asWarning) : findings;
}

/** Two of one name cannot both be in one namespace: the root's build would apply one over the other. */
function nameClashes({ namespace }: FluxAppsArgs, children: readonly LiveKustomization[]): Finding[] {
  const byName = Map.groupBy(
    // One that has moved and is still there in its old place is one child, not two.
    children.filter(({ metadata }) => metadata.namespace !== namespace),
    ({ metadata }) => metadata.name,
  );
  return [...byName]
    .filter(([, { length }]) => length > 1)
    .map(([name, clashing]) => ({
      severity: "error",
      message: `${clashing.map(id).join(" and ")} would both become Kustomization ${namespace}/${name}.`,
      hint: "Rename all but one of them in the repository, or choose another edgefirst:flux.apps.placement.",
    }));
}

/** `dependsOn` without a namespace means the child's own, so that both ends of it have to move together. */
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
      message: `Kustomization ${id(child)} depends on ${named}/${dependency.name}, which will be ${where}/${dependency.name}: it would wait for ever.`,
      hint: `Name the namespace ${where} in its dependsOn, or leave the namespace out where both of them move; both opt out by the label ${root.optOutLabel}: "true".`,
    };
  }
}

/** Children whose apps live where strict mode gives them no rights. */
function strangers({ tenantNamespaces }: FluxAppsArgs, children: readonly LiveKustomization[]): Finding[] {
  return children
    .filter(
      ({ spec }) => spec.targetNamespace !== undefined && !tenantNamespaces.includes(spec.targetNamespace),
    )
    .map((child) => ({
      severity: "warning",
      message: `Kustomization ${id(child)} applies to ${child.spec.targetNamespace ?? ""}, which is not among edgefirst:flux.apps.tenantNamespaces: it would be forbidden to.`,
      hint: "Add the namespace, or let the child opt out by its label if it is a part of the platform.",
    }));
}
