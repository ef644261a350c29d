/** Where child Kustomizations live, and with whose rights they run; the section `flux.apps` of a stack's configuration. */
export interface FluxPlacementArgs {
  /**
   * unchanged: wherever the repository puts them, with nothing of theirs altered. namespace: all in {@link namespace}. app: in their apps' namespaces,
   * where the repository itself puts them (`namespace:` in the kustomization.yaml above the ks.yaml); no patch can do that, since none can copy a field.
   * The patches then name the sources' namespace, and the settings are brought to each of {@link tenantNamespaces}.
   */
  readonly placement: "unchanged" | "namespace" | "app";
  readonly namespace: string;
  /** Directory of the repository with its settings and secrets (`flux/vars`), which a Flux Kustomization brings to where the children are. */
  readonly settingsPath?: string | undefined;
  /** controller: children run with the controllers' rights; strict: as {@link TENANT}, which is bound in the tenant namespaces only. */
  readonly rbac: "controller" | "strict";
  /** The namespaces of the apps. */
  readonly tenantNamespaces: readonly string[];
}

/** Name of the ServiceAccount, the ClusterRole and the RoleBindings of strict mode. */
export const TENANT = "edgefirst-tenant";

/** The part of the children's patches that their placement decides. */
export function childPlacement(args: FluxPlacementArgs, sourceNamespace: string): ChildPlacement {
  return {
    namespace: args.placement === "namespace" ? args.namespace : undefined,
    sourceNamespace: args.placement === "unchanged" ? undefined : sourceNamespace,
    serviceAccountName: args.rbac === "strict" ? TENANT : undefined,
  };
}

/** Arguments of the patches; see `ChildPatchArgs`. */
export interface ChildPlacement {
  readonly namespace: string | undefined;
  readonly sourceNamespace: string | undefined;
  readonly serviceAccountName: string | undefined;
}

/** The namespaces in which children look for `sops-age` and for what `substituteFrom` names, as far as the stack serves them. */
export function childNamespaces(args: FluxPlacementArgs): readonly string[] {
  if (args.placement === "namespace") return [args.namespace];
  return args.placement === "app" ? args.tenantNamespaces : [];
}

/** A Flux Kustomization that brings a directory of settings and secrets to a namespace. */
export interface Settings {
  readonly name: string;
  readonly path: string;
  readonly namespace: string;
}

/** All of them: for the root's own namespace, and for where the children are. */
export function settingsOf(root: RootSettings, apps: FluxPlacementArgs): readonly Settings[] {
  const paths = new Map<string, string>();
  if (apps.settingsPath !== undefined)
    for (const namespace of childNamespaces(apps)) paths.set(namespace, apps.settingsPath);
  if (root.settingsPath !== undefined) paths.set(root.namespace, root.settingsPath);
  return [...paths].map(([namespace, path]) => ({ name: `${namespace}-settings`, path, namespace }));
}

/** The part of the root's arguments that says where it finds what it substitutes. */
export interface RootSettings {
  readonly namespace: string;
  /** Directory of the repository that a Flux Kustomization brings to the root's namespace; undefined where the repository does so itself. */
  readonly settingsPath?: string | undefined;
}
