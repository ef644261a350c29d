import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ApiError } from "../../../kube/api-error.ts";
import type { ApiServer } from "../../../kube/api-server.ts";
import { AddressPool } from "./addresses.ts";
import { follow } from "./follow.ts";
import { NODE_ADDRESS } from "../network/bridge.ts";
import { timestamp } from "./node.ts";
import { type Pod, type PodStatus } from "./pod.ts";
import { simulatedStatus } from "./simulated-status.ts";
import { type PodRuntime } from "../runtime/pod-runtime.ts";

const RETRY_MS = 1_000;
/** Not a loopback range, because the API server rejects loopback addresses as endpoints. */
const POD_CIDR = "10.244.0.0/16";

/** The API client and the log that all parts of the agent share. */
export interface AgentContext {
  readonly api: ApiServer;
  readonly log: (line: string) => void;
}

/**
 * Acts as the kubelet of a node: runs the pods that the runtime can run, reports the others as running, and completes their
 * deletion.
 */
export function servePods({ api, log }: AgentContext, node: string, runtime?: PodRuntime): void {
  const addresses = new AddressPool(POD_CIDR);
  addresses.reserve(NODE_ADDRESS, node);
  const pods = follow<Pod>({
    api,
    log,
    path: "/api/v1/pods",
    selector: `fieldSelector=spec.nodeName%3D${node}`,
    reconcile: async (key) => {
      const pod = pods.items.get(key);
      if (pod === undefined || isEnded(pod)) {
        const owners = [...pods.items.values()]
          .filter((item) => !isEnded(item))
          .map(({ metadata }) => metadata.uid);
        addresses.retain(new Set([...owners, node]));
      }
      if (runtime !== undefined) stopDeleted(runtime, pods.items, log);
      if (pod === undefined) return;
      await answer({ api, log }, runtime, pod, (wanted) => {
        const { uid } = pod.metadata;
        if (wanted !== undefined && addresses.reserve(wanted, uid)) return wanted;
        return addresses.claim(uid);
      });
    },
  });
}

/** Writes a pod's status, unless a new pod has taken its name. */
export async function reportStatus(
  api: ApiServer,
  pod: Pod,
  status: PodStatus,
  simulated: string,
): Promise<void> {
  const annotations = simulated === "" ? {} : { "edgefirst.dev/simulated": simulated };
  await patchStatus(api, pod, status, annotations);
}

/** Stops pods that no longer exist because they were force-deleted. */
function stopDeleted(runtime: PodRuntime, pods: ReadonlyMap<string, Pod>, log: AgentContext["log"]): void {
  const there = new Set([...pods.values()].map(({ metadata }) => metadata.uid));
  for (const uid of runtime.uids) if (!there.has(uid)) void untilDone(log, uid, () => runtime.end(uid, 0));
}

/** Repeats work until it succeeds. */
async function untilDone(log: AgentContext["log"], what: string, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      log(`${what}: ${String(error)}`);
      await delay(RETRY_MS);
    }
  }
}

function pathOf({ metadata: { namespace, name } }: Pod): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

async function answer(
  { api, log }: AgentContext,
  runtime: PodRuntime | undefined,
  pod: Pod,
  addressFor: (current?: string) => string | undefined,
): Promise<void> {
  const { uid, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  if (deletionTimestamp !== undefined) {
    // Other pods must not wait for this one's grace period.
    void untilDone(log, pathOf(pod), async () => {
      await runtime?.end(uid, deletionGracePeriodSeconds);
      await endDeletion(api, pod);
    });
    return;
  }
  if (isEnded(pod)) return;
  const podIP = pod.spec.hostNetwork ? NODE_ADDRESS : addressFor(pod.status.podIP);
  if (podIP === undefined) throw new Error(`no free address in ${POD_CIDR}`);
  if (runtime?.takes(pod)) {
    runtime.serve(pod, { podIP, hostIP: NODE_ADDRESS });
    return;
  }
  const status = simulatedStatus(pod, { podIP, hostIP: NODE_ADDRESS, now: timestamp() });
  if (!isReported(pod.status, status)) await patchStatus(api, pod, status);
}

async function endDeletion(api: ApiServer, pod: Pod): Promise<void> {
  // A deleted pod with a grace period of 0 waits for a finalizer, not for its node.
  if (pod.metadata.deletionGracePeriodSeconds === 0) return;
  // The owner of a finalizer, such as the Job controller, waits for the pod to finish.
  if (!isEnded(pod)) await patchStatus(api, pod, { phase: "Failed" });
  const body = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
  await ignoreGone(api.call("DELETE", pathOf(pod), { body }));
}

async function patchStatus(
  api: ApiServer,
  pod: Pod,
  status: PodStatus,
  annotations: Readonly<Record<string, string>> = {},
): Promise<void> {
  const body = { metadata: { uid: pod.metadata.uid, annotations }, status };
  const contentType = "application/strategic-merge-patch+json";
  await ignoreGone(api.call("PATCH", `${pathOf(pod)}/status`, { body, contentType }));
}

/** Ignores status 404, if the pod has been deleted, and 409, if it has also been created again: then another event follows. */
async function ignoreGone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error;
  }
}

function isEnded({ status: { phase } }: Pod): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

/** Whether the actual status includes everything in the wanted one. Fields added by other writers do not matter. */
function isReported(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (wanted as unknown[]).every((item) =>
      (actual as unknown[] | undefined)?.some((other) => isReported(other, item)),
    );
  }
  if (typeof wanted !== "object" || wanted === null) return isDeepStrictEqual(actual, wanted);
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(wanted).every(([key, value]) =>
    isReported((actual as Record<string, unknown>)[key], value),
  );
}
