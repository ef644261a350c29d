import { EdgefirstError } from "../lib/errors.ts";

/** The settings that a stack's provider uses to find its cluster, both as declared and as recorded in the state. */
export interface ClusterProvider {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** As long as this stays the same, the provider replaces no objects, whatever else changes. */
  readonly clusterIdentifier?: string;
}

/** The data that identifies the cluster that is about to be updated, and the cluster of the stack's last update. */
export interface ClusterIdentityArgs {
  readonly stack: string;
  /** UID of the namespace kube-system in the cluster that is about to be changed. */
  readonly uid: string;
  /** UID of the cluster that the stack's evidence describes; undefined without evidence. */
  readonly verifiedOn: string | undefined;
  /** The provider in the stack's state; undefined before the first update. */
  readonly recorded: ClusterProvider | undefined;
  readonly configured: {
    readonly kubeconfig?: string | undefined;
    readonly context: string;
    /** UID of the stack's former cluster, if the cluster was rebuilt. */
    readonly rebuilt?: string | undefined;
  };
}

/**
 * Whether the stack's cluster was rebuilt.
 * @throws {EdgefirstError} if this is not the cluster of the stack's last update, and the configuration does not say that it was rebuilt
 */
export function isRebuilt({ stack, uid, verifiedOn, recorded, configured }: ClusterIdentityArgs): boolean {
  const former = verifiedOn ?? recorded?.clusterIdentifier;
  if (former === undefined || former === uid) return false;
  if (former === configured.rebuilt) return true;
  throw new EdgefirstError(
    `The context ${configured.context} points to cluster ${uid}, but stack ${stack} was applied to cluster ${former}. Nothing was changed.`,
    `Correct edgefirst:cluster. If the cluster was rebuilt, set edgefirst:cluster.rebuilt: ${former} for one update.`,
  );
}

/** What was read from a kubeconfig. */
export interface KubeconfigReading {
  readonly file: "absent" | "empty" | "present";
  /** UID of the cluster that the context points to; undefined if it cannot be reached. */
  readonly uid?: string;
}

/** Reads the kubeconfig at the path recorded in the state, and identifies the cluster of one of its contexts. */
export type ReadKubeconfig = (kubeconfig: string, context: string | undefined) => Promise<KubeconfigReading>;

/**
 * How to declare the provider so that no object is replaced. If a provider has no cluster identifier, a change to the cluster entry in the kubeconfig replaces
 * every object, and in the end the live objects are deleted. Adding the identifier replaces nothing (pulumi-kubernetes, `DiffConfig` in provider.go). So the
 * first update adds the identifier and still uses the recorded kubeconfig; the next update uses the configured one. Once the state has the identifier, the
 * recorded kubeconfig is no longer needed.
 * @returns the arguments, and whether the recorded kubeconfig is used instead of the configured one
 * @throws {EdgefirstError} if the state has no identifier, and the provider could not compare the kubeconfigs, or would replace everything
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
  if (recorded?.clusterIdentifier !== undefined || former === undefined || same) return configured;
  const found = await readKubeconfig(former, recorded?.context);
  if (found.file === "absent")
    throw new EdgefirstError(
      `The kubeconfig ${former} that is recorded in the state no longer exists, and the state does not name the cluster, so the two cannot be compared. Nothing was changed.`,
      `Create an empty file there for one update: touch ${former}`,
    );
  if (kubeconfig === undefined || found.file === "empty") return configured;
  if (found.uid === uid)
    return { provider: { ...recorded, kubeconfig: former, clusterIdentifier }, postponed: true };
  throw new EdgefirstError(
    `The kubeconfig ${former} that is recorded in the state does not point to this cluster (context: ${recorded?.context ?? "the default"}). With the configured kubeconfig, Pulumi would replace every object, and so delete the live ones. Nothing was changed.`,
    `For one update, make that context point to this cluster, or replace the file with an empty one.`,
  );
}
