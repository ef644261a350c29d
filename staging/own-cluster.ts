import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterReader } from "../kube/client.ts";
import { KubeClient } from "../kube/kube-client.ts";
import { describeObject } from "../kube/objects.ts";
import { EdgefirstError } from "../lib/errors.ts";
import {
  isRebuilt,
  providerFor,
  type ClusterIdentityArgs,
  type ClusterProvider,
  type KubeconfigReading,
} from "./cluster-identity.ts";
import { clusterUid } from "./live-check.ts";
import { readRecordedObjects } from "./stack-outputs.ts";

/** The cluster of an update. */
export interface OwnCluster {
  readonly provider: ClusterProvider;
  /** Whether the cluster replaces the one to which the stack was last applied. */
  readonly rebuilt: boolean;
}

/**
 * Checks that the cluster is the one to which the stack was last applied, and decides how to declare the provider
 * (docs/decisions/provider-knows-its-cluster.md).
 * @throws {EdgefirstError} if the update could change or delete objects that it must not touch
 */
export async function identifyCluster(
  args: ClusterIdentityArgs,
  cluster: ClusterReader,
): Promise<OwnCluster> {
  const rebuilt = isRebuilt(args);
  if (rebuilt) await refuseStaleState(args.stack, cluster);
  const { kubeconfig, context, rebuilt: former } = args.configured;
  if (former !== undefined && !rebuilt && args.verifiedOn === args.uid)
    void pulumi.log.warn(
      "edgefirst:cluster.rebuilt is no longer needed, because the stack is already on the new cluster. Remove it.",
    );
  const { provider, postponed } = await providerFor(args, readKubeconfig);
  if (postponed)
    void pulumi.log.info(
      `This update records the identity of the cluster and still uses the kubeconfig recorded in the state: ${provider.kubeconfig ?? ""}, context ${provider.context ?? ""}. The next update uses ${kubeconfig ?? ""}, context ${context}.`,
    );
  return { provider, rebuilt };
}

/** Refuses a state that still contains objects of the former cluster, because Pulumi would update or read them as if they existed. */
async function refuseStaleState(stack: string, cluster: ClusterReader): Promise<void> {
  const recorded = await readRecordedObjects(stack);
  const live = await Promise.all(recorded.map((object) => cluster.get(object)));
  const gone = recorded.filter((_, index) => live[index] === undefined);
  if (gone[0] === undefined) return;
  throw new EdgefirstError(
    `The state of stack ${stack} still has ${gone.length === 1 ? "1 object" : `${gone.length} objects`} from the former cluster, such as ${describeObject(gone[0])}. Nothing was changed.`,
    `Run pulumi refresh --stack ${stack}, then pulumi up again.`,
  );
}

async function readKubeconfig(kubeconfig: string, context = ""): Promise<KubeconfigReading> {
  // The provider expands `~` too.
  const path = kubeconfig.replace(/^~(?=\/|$)/, homedir());
  if (!existsSync(path)) return { file: "absent" };
  if (statSync(path).size === 0) return { file: "empty" };
  try {
    const client = new KubeClient({ kubeconfig: path, context });
    try {
      return { file: "present", uid: await clusterUid(client) };
    } finally {
      client.close();
    }
  } catch (error) {
    if (error instanceof EdgefirstError) return { file: "present" };
    throw error;
  }
}
