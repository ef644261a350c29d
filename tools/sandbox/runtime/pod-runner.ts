import { mkdirSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../lib/errors.ts";
import { timestamp } from "../agent/node.ts";
import { type PodStatus } from "../agent/pod.ts";
import { addPodNetwork, removePodNetwork, setPodSysctl } from "../network/bridge.ts";
import { type PodPlace } from "./pod-place.ts";
import { type PodEvent } from "./events.ts";
import { PodContainers } from "./pod-containers.ts";
import { MissingError } from "./pod-objects.ts";
import { PodPreparation, type RuntimeContext } from "./preparation.ts";
import { type RealPod } from "./pod-spec.ts";
import { simulatedParts } from "./simulated-parts.ts";
import { StatusReporter } from "./status-reporter.ts";
import { podStatus } from "./pod-status.ts";

/** A kubelet refreshes the objects that a pod refers to about once a minute, which is too slow for trying things out. */
const REFRESH_MS = 5_000;
const RETRY_MS = 1_000;

/** A container that runs as a process. */
export interface ContainerProcess {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The container's first process. */
  readonly pid: number;
  /** In Kubernetes's format. */
  readonly startedAt: string;
}

/** Runs one pod, from its first container to its last. */
export class PodRunner {
  #pod: RealPod;
  readonly #context: RuntimeContext;
  readonly #preparation: PodPreparation;
  readonly #place: PodPlace;
  readonly #containers: PodContainers;
  readonly #startTime: string;
  readonly #stopping = new AbortController();
  readonly #finished: Promise<void>;
  #hasNetwork = false;
  #initialized = false;
  #ended: "Succeeded" | "Failed" | undefined;
  #cleaning: Promise<void> | undefined;
  readonly #reporter: StatusReporter;

  /** Starts the pod. `report` writes its status. */
  constructor(
    pod: RealPod,
    place: PodPlace,
    context: RuntimeContext,
    report: (pod: RealPod, status: PodStatus) => Promise<void>,
  ) {
    this.#pod = pod;
    this.#place = place;
    this.#context = context;
    this.#reporter = new StatusReporter({
      status: () => podStatus(this.#pod, { ...this.#progress(), simulated: simulatedParts(this.#pod) }),
      write: (status) => report(this.#pod, status),
      failed: (error) => {
        context.log(`${this.#pod.metadata.name}: ${String(error)}`);
      },
    });
    this.#startTime = pod.status.startTime ?? timestamp();
    this.#preparation = new PodPreparation(() => this.#pod, place, context);
    this.#containers = new PodContainers(pod, {
      podIP: place.podIP,
      stopping: this.#stopping.signal,
      prepare: (container, restart) => this.#preparation.launchOf(container, restart),
      changed: () => {
        this.#changed();
      },
      event: (event) => {
        this.#context.events.report(this.#pod, event);
      },
    });
    this.#finished = this.#run();
  }

  /** The running containers of the pod. Simulated containers are not among them. */
  get processes(): ContainerProcess[] {
    const { namespace, name: pod } = this.#pod.metadata;
    return [...this.#containers.init, ...this.#containers.main].flatMap(({ spec, state, pid }) =>
      pid === undefined || !("running" in state)
        ? []
        : [{ namespace, pod, container: spec.name, pid, startedAt: state.running.startedAt }],
    );
  }

  /** Updates the Pod object, whose labels, annotations or readiness gates may have changed. */
  update(pod: RealPod): void {
    this.#pod = pod;
    // The node controller marks the pods on an unresponsive node as not ready, and leaves it to the node to correct that.
    this.#reporter.compare(pod.status);
    this.#changed();
  }

  /**
   * Stops the pod's containers, giving each one this grace period, and cleans up. Called for every change to a pod that is being deleted; a
   * change may shorten the grace period.
   */
  async stop(graceSeconds: number): Promise<void> {
    this.#stopping.abort();
    await this.#containers.stop(graceSeconds * 1000);
    this.#cleaning ??= this.#cleanUp().catch((error: unknown) => {
      this.#cleaning = undefined;
      throw error;
    });
    await this.#cleaning;
  }

  async #cleanUp(): Promise<void> {
    await this.#finished;
    await this.#reporter.done();
    await removePodNetwork(this.#pod.metadata.uid);
    rmSync(this.#preparation.folder, { recursive: true, force: true });
    rmSync(this.#preparation.logs, { recursive: true, force: true });
    this.#context.events.forget(this.#pod.metadata.uid);
  }

  /** Stops the pod's processes without reporting a status. */
  async interrupt(): Promise<void> {
    this.#reporter.silence();
    this.#stopping.abort();
    await this.#containers.stop((this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    this.#changed();
    await this.#retry(() => this.#setUp());
    if (this.#isStopping()) return;
    const refreshing = this.#refresh();
    const isWell = (await this.#containers.runInit()) && (await this.#runMain());
    if (!this.#isStopping()) this.#end(isWell ? "Succeeded" : "Failed");
    this.#stopping.abort();
    await refreshing;
  }

  #runMain(): Promise<boolean> {
    if (this.#isStopping()) return Promise.resolve(false);
    this.#initialized = true;
    this.#changed();
    return this.#containers.runMain();
  }

  async #setUp(): Promise<void> {
    const { metadata, spec } = this.#pod;
    if (!this.#hasNetwork) {
      await addPodNetwork(metadata.uid, this.#place.podIP);
      for (const { name, value } of spec.securityContext?.sysctls ?? []) {
        await setPodSysctl(metadata.uid, name, value);
      }
      mkdirSync(this.#preparation.folder, { recursive: true });
      this.#hasNetwork = true;
      const simulated = simulatedParts(this.#pod);
      if (simulated.length > 0) this.#event("Normal", "Simulated", simulated.join("; "));
    }
    await this.#preparation.update();
  }

  #end(phase: "Succeeded" | "Failed"): void {
    this.#ended = phase;
    this.#changed();
  }

  /** Keeps ConfigMaps, Secrets and tokens up to date. */
  async #refresh(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await delay(REFRESH_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.#preparation.update().catch((error: unknown) => {
        // A mounted volume keeps its content when the object behind it is deleted.
        this.#context.log(`${this.#pod.metadata.name}: ${String(error)}`);
      });
    }
  }

  async #retry(work: () => Promise<void>): Promise<void> {
    for (let attempt = 1; !this.#isStopping(); attempt++) {
      try {
        await work();
        return;
      } catch (error) {
        // The node may not be allowed to read the pod's references yet.
        if (error instanceof MissingError && attempt === 1) {
          await delay(RETRY_MS / 4);
          continue;
        }
        const reason = error instanceof MissingError ? "FailedMount" : "FailedCreatePodSandBox";
        this.#event("Warning", reason, messageOf(error));
        await delay(RETRY_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }

  #event(type: PodEvent["type"], reason: string, message: string): void {
    this.#context.events.report(this.#pod, { type, reason, message });
  }

  #changed(): void {
    this.#reporter.report();
  }

  #progress() {
    const { init, main: containers } = this.#containers;
    return {
      ...{ place: this.#place, startTime: this.#startTime, ended: this.#ended, init, containers },
      ...{ hasNetwork: this.#hasNetwork, initialized: this.#initialized },
    };
  }
}
