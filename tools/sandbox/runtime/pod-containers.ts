import { timestamp } from "../agent/node.ts";
import { ContainerRunner } from "./container.ts";
import { type Ended } from "./container-state.ts";
import { type PodEvent } from "./events.ts";
import { replacementFor } from "./images.ts";
import { type Launch } from "./launch.ts";
import { type RealContainer, type RealPod } from "./pod-spec.ts";

/** What containers need from their pod. */
export interface PodContainersHost {
  readonly podIP: string;
  /** Prepares a container's next start. @throws MissingError while something that it needs does not exist. */
  readonly prepare: (container: RealContainer, restart: number) => Promise<Launch>;
  readonly changed: () => void;
  readonly event: (event: PodEvent) => void;
  /** Aborts when the pod has to stop. */
  readonly stopping: AbortSignal;
}

/** The containers of a pod, run in order and restarted by the pod's policy. */
export class PodContainers {
  readonly init: readonly ContainerRunner[];
  readonly main: readonly ContainerRunner[];
  readonly #pod: RealPod;
  readonly #host: PodContainersHost;
  #waiting: (() => void)[] = [];

  /** @param pod any version of the Pod object; its containers are the same in all of them */
  constructor(pod: RealPod, host: PodContainersHost) {
    this.#pod = pod;
    this.#host = host;
    this.init = (pod.spec.initContainers ?? []).map((container) => this.#runner(container));
    this.main = pod.spec.containers.map((container) => this.#runner(container));
  }

  /**
   * Runs the init containers in order. Resolves to true if all succeeded. The container after a sidecar starts once the sidecar has
   * started.
   */
  async runInit(): Promise<boolean> {
    for (const runner of this.init) {
      if (this.#host.stopping.aborted) return false;
      if (runner.spec.restartPolicy === "Always") {
        void this.#runToEnd(runner);
        while (!runner.started && !this.#isStopping()) await this.#nextChange();
        continue;
      }
      const ended = await this.#run(
        runner,
        ({ exitCode }) => exitCode !== 0 && this.#pod.spec.restartPolicy !== "Never",
      );
      if (ended?.exitCode !== 0) return false;
    }
    return true;
  }

  /** Runs the main containers until none of them will be restarted, then stops the sidecars. Resolves to true if all succeeded. */
  async runMain(): Promise<boolean> {
    const ends = await Promise.all(this.main.map((runner) => this.#runToEnd(runner)));
    if (!this.#isStopping()) await Promise.all(this.#sidecars().map((runner) => runner.stop()));
    return ends.every((ended) => ended?.exitCode === 0);
  }

  /** Stops all containers, giving each one this grace period. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.main.map((runner) => runner.stop(graceMs)));
    for (const runner of this.#sidecars().reverse()) await runner.stop(graceMs);
    await Promise.all(this.init.map((runner) => runner.stop(graceMs)));
  }

  #isStopping(): boolean {
    return this.#host.stopping.aborted;
  }

  #runToEnd(runner: ContainerRunner): Promise<Ended | undefined> {
    const policy = runner.spec.restartPolicy ?? this.#pod.spec.restartPolicy ?? "Always";
    return this.#run(
      runner,
      ({ exitCode }) => policy === "Always" || (policy === "OnFailure" && exitCode !== 0),
    );
  }

  async #run(runner: ContainerRunner, again: (ended: Ended) => boolean): Promise<Ended | undefined> {
    return replacementFor(runner.spec) === undefined ? this.#simulate(runner) : runner.run(again);
  }

  /** Simulates a container that has no local program: an init container completes at once; any other container runs until the pod stops. */
  async #simulate(runner: ContainerRunner): Promise<Ended | undefined> {
    const startedAt = timestamp();
    const completes = this.init.includes(runner) && runner.spec.restartPolicy !== "Always";
    const terminated = { exitCode: 0, reason: "Completed", startedAt, finishedAt: startedAt };
    runner.state = completes ? { terminated } : { running: { startedAt } };
    runner.ready = !completes;
    runner.started = !completes;
    this.#changed();
    if (completes) return terminated;
    await new Promise((resolve) => {
      this.#host.stopping.addEventListener("abort", resolve, { once: true });
    });
    return undefined;
  }

  #sidecars(): ContainerRunner[] {
    return this.init.filter(({ spec }) => spec.restartPolicy === "Always");
  }

  #runner(container: RealContainer): ContainerRunner {
    const { status, spec } = this.#pod;
    const known = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
    const before = known.find(({ name }) => name === container.name);
    const runner: ContainerRunner = new ContainerRunner(container, {
      podIP: this.#host.podIP,
      grace: spec.terminationGracePeriodSeconds ?? 30,
      prepare: () => this.#host.prepare(container, runner.restartCount),
      changed: () => {
        this.#changed();
      },
      event: this.#host.event,
    });
    const wasRunning = before?.state !== undefined && "running" in before.state;
    // If an earlier agent ran the container, the container's process was killed with that agent.
    runner.restartCount = Number(before?.restartCount ?? 0) + (wasRunning ? 1 : 0);
    return runner;
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#host.stopping.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
    });
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#host.changed();
  }
}
