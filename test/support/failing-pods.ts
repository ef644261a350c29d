import { setTimeout } from "node:timers/promises";
import type { KubeClient } from "../../kube/kube-client.ts";

/** Which pods fail, and how. */
export interface FailingPods {
  readonly namespace: string;
  /** What their names start with. */
  readonly prefix: string;
  readonly exitCode: number;
}

const POLL_MS = 200;

/**
 * Lets new pods fail, as a kubelet reports it. The sandbox's agent completes a Job's pod as soon as it is on a node, so the node is cordoned meanwhile.
 * The Job controller does the rest.
 */
export async function failPods(
  cluster: KubeClient,
  { namespace, prefix, exitCode }: FailingPods,
): Promise<{ stop(): Promise<void> }> {
  const stopped = new AbortController();
  const fail = async (): Promise<void> => {
    for (const { metadata, status } of await cluster.list("v1", "Pod", namespace)) {
      if (!metadata.name.startsWith(prefix) || (status as { phase?: string }).phase !== "Pending") continue;
      const terminated = { exitCode, reason: "Error" };
      const ended = { name: "check", image: "", imageID: "", ready: false, restartCount: 0 };
      await patch(cluster, `/api/v1/namespaces/${namespace}/pods/${metadata.name}/status`, {
        status: { phase: "Failed", containerStatuses: [{ ...ended, state: { terminated } }] },
      });
    }
  };
  await cordon(cluster, true);
  const ended = (async () => {
    while (!stopped.signal.aborted) {
      await fail();
      await setTimeout(POLL_MS);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await ended;
      await cordon(cluster, false);
    },
  };
}

async function cordon(cluster: KubeClient, unschedulable: boolean): Promise<void> {
  for (const { metadata } of await cluster.list("v1", "Node"))
    await patch(cluster, `/api/v1/nodes/${metadata.name}`, { spec: { unschedulable } });
}

function patch(cluster: KubeClient, path: string, body: object): Promise<unknown> {
  return cluster.call("PATCH", path, { body, contentType: "application/merge-patch+json" });
}
