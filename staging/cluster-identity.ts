import { EdgefirstError } from "../lib/errors.ts";

/** How the provider of a stack finds its cluster, as the program declares it and as the state holds it. */
export interface ClusterProvider {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** The provider replaces nothing as long as this stays the same, whatever else changes. */
  readonly clusterIdentifier?: string;
}

/** What identifies the cluster of an update, and the one of the stack's last update. */
export interface ClusterIdentityArgs {
  readonly stack: string;
  /** UID of the namespace kube-system of the cluster that is about to be changed. */
  readonly uid: string;
  /** UID of the cluster that the stack's evidence is of; undefined without evidence. */
  readonly verifiedOn: string | undefined;
  /** The provider in the stack's state; undefined before the first update. */
  readonly recorded: ClusterProvider | undefined;
  readonly configured: {
    readonly kubeconfig?: string | undefined;
    readonly context: string;
    /** UID of the stack's former cluster, if it was rebuilt. */
    readonly rebuilt?: string | undefined;
  };
}

/**
 * Whether the stack's cluster was rebuilt.
 * @throws {EdgefirstError} if this is another cluster than that of the stack's last update, and the configuration does not say that it replaces it
 */
export function isRebuilt({ stack, uid, verifiedOn, recorded, configured }: ClusterIdentityArgs): boolean {
  const former = verifiedOn ?? recorded?.clusterIdentifier;
  if (former === undefined || former === uid) return false;
  if (former === configured.rebuilt) return true;
  throw new EdgefirstError(
    `The context ${configured.context} leads to another cluster (UID ${uid}) than the one that stack ${stack} was applied to (UID ${former}). Nothing was changed.`,
    `Correct edgefirst:cluster. If the cluster was rebuilt, set edgefirst:cluster.rebuilt: ${former} for one update.`,
  );
}

/** What is known of a kubeconfig. */
export interface KubeconfigReading {
  readonly file: "absent" | "empty" | "present";
  /** UID of the cluster to which the context leads; undefined if it leads to none. */
  readonly uid?: string;
}

/** Reads a kubeconfig by its path in the state, and follows a context of it. */
export type ReadKubeconfig = (kubeconfig: string, context: string | undefined) => Promise<KubeconfigReading>;

/**
 * How to declare the provider so that no object is replaced. Of a provider without an identifier, a changed cluster entry in the kubeconfig is a replacement of
 * every object, which ends in the deletion of the live ones; adding the identifier is not (pulumi-kubernetes, `DiffConfig` in provider.go). So a stack gets the
 * identifier first, with the recorded kubeconfig, and follows the configured one from the next update on.
 * @returns the arguments, and whether the recorded kubeconfig is used instead of the configured one
 * @throws {EdgefirstError} if the provider could not compare, or would replace everything
 */
export async function providerFor(
  { uid, recorded, configured: { kubeconfig, context } }: ClusterIdentityArgs,
  readKubeconfig: ReadKubeconfig,
): Promise<{ readonly provider: ClusterProvider; readonly postponed: boolean }> {
  const clusterIdentifier = recorded?.clusterIdentifier ?? uid;
  const configured = {
    provider: { context, ...(kubeconfig !== undefined && { kubeconfig }), clusterIdentifier },
    postponed: false,
  };
  const former = recorded?.kubeconfig;
  const same = former === kubeconfig && recorded?.context === context;
  if (recorded === undefined || former === undefined || same) return configured;
  const found = await readKubeconfig(former, recorded.context);
  if (found.file === "absent")
    throw new EdgefirstError(
      `The state names the kubeconfig ${former}, which does not exist any more, so that the provider cannot compare it with the configured one. Nothing was changed.`,
      `Create an empty file there for one update: touch ${former}`,
    );
  if (recorded.clusterIdentifier !== undefined || kubeconfig === undefined || found.file === "empty")
    return configured;
  if (found.uid === uid)
    return { provider: { ...recorded, kubeconfig: former, clusterIdentifier }, postponed: true };
  throw new EdgefirstError(
    `The state names the kubeconfig ${former} and its context ${recorded.context ?? "by default"}, which do not lead to this cluster. With the configured ones, every object would be replaced, and then deleted. Nothing was changed.`,
    `For one update, make that context lead to this cluster, or replace the file with an empty one.`,
  );
}
