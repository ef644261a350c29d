import { type Condition, type PodStatus } from "../agent/pod.ts";
import { timestamp } from "../agent/node.ts";
import { type ContainerRunner } from "./container.ts";
import { type ContainerState } from "./container-state.ts";
import { type PodPlace } from "./pod-place.ts";
import { type RealPod } from "./pod-spec.ts";

/** A pod's progress. */
export interface PodProgress {
  readonly place: PodPlace;
  readonly startTime: string;
  /** Whether the pod's network exists. */
  readonly hasNetwork: boolean;
  /** Whether the init containers have succeeded. */
  readonly initialized: boolean;
  readonly init: readonly ContainerRunner[];
  readonly containers: readonly ContainerRunner[];
  /** The pod's final phase, once it has finished. */
  readonly ended?: "Succeeded" | "Failed" | undefined;
  readonly simulated: readonly string[];
}

/** The status that a kubelet would report for a pod, plus a condition that lists what is simulated. */
export function podStatus(pod: RealPod, progress: PodProgress): PodStatus {
  const { place, initialized, containers, init, ended } = progress;
  const done = ended !== undefined;
  const containersReady = !done && initialized && containers.every(({ ready }) => ready);
  const gatesOpen = (pod.spec.readinessGates ?? []).every(({ conditionType }) =>
    pod.status.conditions?.some(({ type, status }) => type === conditionType && status === "True"),
  );
  const unready = containers.filter(({ ready }) => !ready).map(({ spec }) => spec.name);
  const why = done
    ? { reason: ended === "Succeeded" ? "PodCompleted" : "PodFailed" }
    : { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
  return {
    phase: ended ?? (initialized && containers.some(hasStarted) ? "Running" : "Pending"),
    observedGeneration: pod.metadata.generation,
    hostIP: place.hostIP,
    hostIPs: [{ ip: place.hostIP }],
    podIP: place.podIP,
    podIPs: [{ ip: place.podIP }],
    startTime: progress.startTime,
    conditions: [
      condition("PodReadyToStartContainers", progress.hasNetwork && !done),
      condition("Initialized", initialized, { reason: "ContainersNotInitialized" }),
      condition("ContainersReady", containersReady, why),
      condition(
        "Ready",
        containersReady && gatesOpen,
        containersReady ? { reason: "ReadinessGatesNotReady" } : why,
      ),
      ...simulation(progress.simulated),
    ].map((wanted) => withTransition(wanted, pod.status.conditions)),
    containerStatuses: containers.map((runner) => describe(pod, runner)),
    ...(init.length > 0 && { initContainerStatuses: init.map((runner) => describe(pod, runner)) }),
  };
}

function simulation(parts: readonly string[]): Omit<Condition, "lastTransitionTime">[] {
  if (parts.length === 0) return [];
  return [{ type: "edgefirst.dev/Simulated", status: "True", reason: "InPart", message: parts.join("; ") }];
}

function condition(
  type: string,
  holds: boolean,
  why: { readonly reason?: string; readonly message?: string } = {},
): Omit<Condition, "lastTransitionTime"> {
  // null makes the patch remove the previous value.
  return holds
    ? { type, status: "True", reason: null, message: null }
    : { type, status: "False", reason: null, message: null, ...why };
}

function withTransition(
  wanted: Omit<Condition, "lastTransitionTime">,
  known: PodStatus["conditions"] = [],
): Condition {
  const before = known.find(({ type, status }) => type === wanted.type && status === wanted.status);
  return { ...wanted, lastTransitionTime: before?.lastTransitionTime ?? timestamp() };
}

function hasStarted({ state, lastState }: ContainerRunner): boolean {
  return !("waiting" in state) || lastState !== undefined;
}

function describe(
  pod: RealPod,
  runner: ContainerRunner,
): NonNullable<PodStatus["containerStatuses"]>[number] {
  const { spec, state, lastState, restartCount, started } = runner;
  const completed = "terminated" in state && state.terminated.exitCode === 0;
  const isInit = pod.spec.initContainers?.some(({ name }) => name === spec.name) ?? false;
  return {
    name: spec.name,
    image: spec.image,
    imageID: "",
    containerID: `edgefirst://${pod.metadata.uid}/${spec.name}/${restartCount}`,
    // A completed init container counts as ready.
    ready: runner.ready || (isInit && spec.restartPolicy !== "Always" && completed),
    started,
    restartCount,
    state: state satisfies ContainerState,
    lastState: lastState ?? {},
  };
}
