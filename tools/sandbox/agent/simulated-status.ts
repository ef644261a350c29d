import { type Condition, type Container, type ContainerStatus, type Pod, type PodStatus } from "./pod.ts";

/** The condition that says what is simulated. */
export const SIMULATED: Omit<Condition, "lastTransitionTime"> = {
  type: "edgefirst.dev/Simulated",
  status: "True",
  reason: "NoProcess",
  message:
    "The sandbox agent only reports this pod as running: it has no process, and nothing listens at its address.",
};

/** The addresses of a simulated pod, and the current time. */
export interface Placement {
  readonly podIP: string;
  readonly hostIP: string;
  /** In RFC 3339 format, to the second. */
  readonly now: string;
}

/**
 * The status that a kubelet reports when all containers of a pod have started: running and ready, or succeeded for a Job's pod. Keeps
 * the times in the pod's current status, so that the status of an unchanged pod stays the same.
 */
export function simulatedStatus(pod: Pod, placement: Placement): PodStatus {
  const { spec, status, metadata } = pod;
  const startTime = status.startTime ?? placement.now;
  const succeeded = metadata.ownerReferences?.some(({ kind }) => kind === "Job") ?? false;
  const ended = (container: Container): boolean => succeeded || container.restartPolicy !== "Always";
  const gatesOpen = (spec.readinessGates ?? []).every(({ conditionType }) =>
    status.conditions?.some(({ type, status }) => type === conditionType && status === "True"),
  );
  const describe = (container: Container, isEnded: boolean): ContainerStatus =>
    containerStatus(container, { ended: isEnded, podEnded: succeeded, now: startTime, uid: metadata.uid });
  return {
    phase: succeeded ? "Succeeded" : "Running",
    observedGeneration: metadata.generation,
    hostIP: placement.hostIP,
    hostIPs: [{ ip: placement.hostIP }],
    podIP: placement.podIP,
    podIPs: [{ ip: placement.podIP }],
    startTime,
    conditions: [
      { type: "PodReadyToStartContainers", status: succeeded ? "False" : "True" },
      { type: "Initialized", status: "True", ...(succeeded && { reason: "PodCompleted" }) },
      readiness("ContainersReady", !succeeded, "PodCompleted"),
      readiness("Ready", !succeeded && gatesOpen, succeeded ? "PodCompleted" : "ReadinessGatesNotReady"),
      SIMULATED,
    ].map((condition) => withTransition(condition as Condition, status.conditions, placement.now)),
    containerStatuses: spec.containers.map((container) => describe(container, succeeded)),
    ...(spec.initContainers && {
      initContainerStatuses: spec.initContainers.map((container) => describe(container, ended(container))),
    }),
  };
}

function readiness(type: string, ready: boolean, reason: string): Condition {
  return ready ? { type, status: "True" } : { type, status: "False", reason };
}

function withTransition(condition: Condition, known: PodStatus["conditions"], now: string): Condition {
  const before = known?.find(({ type }) => type === condition.type);
  const unchanged = before?.status === condition.status ? before.lastTransitionTime : undefined;
  return { ...condition, lastTransitionTime: unchanged ?? now };
}

/** The state of a simulated container, and the time to report for it. */
interface ContainerOutcome {
  readonly ended: boolean;
  readonly podEnded: boolean;
  /** RFC 3339. */
  readonly now: string;
  /** Of the pod. */
  readonly uid: string;
}

function containerStatus(
  { name, image }: Container,
  { ended, podEnded, now, uid }: ContainerOutcome,
): ContainerStatus {
  const containerID = `simulated://${uid}/${name}`;
  return {
    name,
    image,
    imageID: "",
    containerID,
    // A completed init container counts as ready; a container of a finished pod does not.
    ready: !podEnded || ended,
    started: !ended,
    restartCount: 0,
    state: ended
      ? { terminated: { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now, containerID } }
      : { running: { startedAt: now } },
  };
}
