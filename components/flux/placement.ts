/** Where child Kustomizations live and which permissions they have; the section `flux.apps` of a stack's configuration. */
export interface FluxPlacementArgs {
  /**
   * `unchanged`: the children stay in the namespaces that the repository sets. `namespace`: all move to {@link namespace}. `app`: the repository sets the
   * namespace of each child's app (`namespace:` in the kustomization.yaml above the ks.yaml), because a patch cannot copy a field; the patches then set the
   * namespace of the sources, and the settings are applied to each of {@link tenantNamespaces}.
   */
  readonly placement: "unchanged" | "namespace" | "app";
  readonly namespace: string;
  /**
   * Directory in the repository with settings and secrets (`flux/vars`), which Flux Kustomizations apply to the children's namespaces.
   */
  readonly settingsPath?: string | undefined;
  /**
   * `controller`: the controllers apply the children with their own permissions. `strict`: they impersonate {@link TENANT}, which has permissions only in the
   * tenant namespaces.
   */
  readonly rbac: "controller" | "strict";
  /** The namespaces of the apps. */
  readonly tenantNamespaces: readonly string[];
}

/** Name of the ServiceAccounts, the ClusterRole and the RoleBindings for strict mode. */
export const TENANT = "edgefirst-tenant";

/** The part of the children's patches that depends on their placement. */
export function childPlacement(args: FluxPlacementArgs, sourceNamespace: string): ChildPlacement {
  return {
    namespace: args.placement === "namespace" ? args.namespace : undefined,
    sourceNamespace: args.placement === "unchanged" ? undefined : sourceNamespace,
    serviceAccountName: args.rbac === "strict" ? TENANT : undefined,
  };
}

/** Part of `ChildPatchArgs`. */
export interface ChildPlacement {
  readonly namespace: string | undefined;
  readonly sourceNamespace: string | undefined;
  readonly serviceAccountName: string | undefined;
}

/** The namespaces to which the stack moves children, and in which they look for the age key and the objects in `substituteFrom`. Empty if it moves none. */
export function childNamespaces(args: FluxPlacementArgs): readonly string[] {
  if (args.placement === "namespace") return [args.namespace];
  return args.placement === "app" ? args.tenantNamespaces : [];
}

/** A Flux Kustomization that applies a directory of settings and secrets to a namespace. */
export interface Settings {
  readonly name: string;
  readonly path: string;
  readonly namespace: string;
}

/** The Kustomizations that apply the settings to the root's namespace and to the children's namespaces. */
export function settingsOf(root: RootSettings, apps: FluxPlacementArgs): readonly Settings[] {
  const paths = new Map<string, string>();
  if (apps.settingsPath !== undefined)
    for (const namespace of childNamespaces(apps)) paths.set(namespace, apps.settingsPath);
  if (root.settingsPath !== undefined) paths.set(root.namespace, root.settingsPath);
  return [...paths].map(([namespace, path]) => ({ name: `${namespace}-settings`, path, namespace }));
}

/** The part of the root's arguments that decides where its settings come from. */
export interface RootSettings {
  readonly namespace: string;
  /**
   * Directory in the repository that a Flux Kustomization applies to the root's namespace; undefined if the repository already applies it
   * there.
   */
  readonly settingsPath?: string | undefined;
}
