import { mkdirSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { timestamp } from "../agent/node.ts";
import { type PodStatus } from "../agent/pod.ts";
import { addPodNetwork, removePodNetwork, setPodSysctl } from "../network/bridge.ts";
import { ContainerRunner, type Ended } from "./container.ts";
import { type PodPlace } from "./environment.ts";
import { imageOf } from "./images.ts";
import { MissingError } from "./pod-objects.ts";
import { PodPreparation, type RuntimeContext } from "./preparation.ts";
import { type RealContainer, type RealPod } from "./pod-spec.ts";
import { simulatedParts } from "./simulated.ts";
import { statusOf } from "./status.ts";

/** The kubelet looks at a pod's objects about once a minute; people who try something do not like to wait so long. */
const REFRESH_MS = 5_000;
const RETRY_MS = 1_000;

/** One pod from its first container to its last. */
export class PodRunner {
  private pod: RealPod;
  private readonly context: RuntimeContext;
  private readonly report: (pod: RealPod, status: PodStatus) => Promise<void>;
  private readonly preparation: PodPreparation;
  private readonly place: PodPlace;
  private readonly init: ContainerRunner[];
  private readonly containers: ContainerRunner[];
  private readonly startTime: string;
  private readonly stopping = new AbortController();
  private readonly finished: Promise<void>;
  private hasNetwork = false;
  private initialized = false;
  private ended: "Succeeded" | "Failed" | undefined;
  private reporting: Promise<void> | undefined;
  private cleaning: Promise<void> | undefined;
  private reportAgain = false;
  private silent = false;
  private written: PodStatus | undefined;
  private waiting: (() => void)[] = [];

  /** Starts the pod. `report` writes its status. */
  constructor(
    pod: RealPod,
    place: PodPlace,
    context: RuntimeContext,
    report: (pod: RealPod, status: PodStatus) => Promise<void>,
  ) {
    this.pod = pod;
    this.place = place;
    this.context = context;
    this.report = report;
    this.startTime = pod.status.startTime ?? timestamp();
    this.preparation = new PodPreparation(() => this.pod, place, context);
    this.init = (pod.spec.initContainers ?? []).map((container) => this.runner(container));
    this.containers = pod.spec.containers.map((container) => this.runner(container));
    this.finished = this.live();
  }

  /** Takes in a new state of the pod's object: labels, annotations, the gates of its readiness. */
  update(pod: RealPod): void {
    this.pod = pod;
    this.changed();
  }

  /**
   * Ends the pod's containers, each with this grace, and cleans up. Resolves when nothing is left of it. A pod's deletion is several changes of it, each of
   * which asks for its end, some with a shorter grace.
   */
  async stop(graceSeconds: number): Promise<void> {
    this.stopping.abort();
    await this.stopContainers(graceSeconds * 1000);
    this.cleaning ??= this.cleanUp().catch((error: unknown) => {
      this.cleaning = undefined;
      throw error;
    });
    await this.cleaning;
  }

  private async cleanUp(): Promise<void> {
    await this.finished;
    await this.reporting;
    await removePodNetwork(this.pod.metadata.uid);
    rmSync(this.preparation.folder, { recursive: true, force: true });
    rmSync(this.preparation.logs, { recursive: true, force: true });
    this.context.events.forget(this.pod.metadata.uid);
  }

  /** Ends the pod's processes without a word about it. */
  async interrupt(): Promise<void> {
    this.silent = true;
    this.stopping.abort();
    await this.stopContainers((this.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async live(): Promise<void> {
    this.changed();
    await this.untilDone(() => this.setUp());
    if (this.isStopping()) return;
    const refreshing = this.refresh();
    if (!(await this.runInit())) {
      if (!this.isStopping()) this.end("Failed");
    } else if (!this.isStopping()) {
      this.initialized = true;
      this.changed();
      const ends = await Promise.all(this.containers.map((runner) => this.runToEnd(runner)));
      if (!this.isStopping()) {
        // Sidecars serve the containers, and end after them.
        await Promise.all(this.sidecars().map((runner) => runner.stop()));
        this.end(ends.every((ended) => ended?.exitCode === 0) ? "Succeeded" : "Failed");
      }
    }
    this.stopping.abort();
    await refreshing;
  }

  private async setUp(): Promise<void> {
    const { metadata, spec } = this.pod;
    if (!this.hasNetwork) {
      await addPodNetwork(metadata.uid, this.place.podIP);
      for (const { name, value } of spec.securityContext?.sysctls ?? []) {
        await setPodSysctl(metadata.uid, name, value);
      }
      mkdirSync(this.preparation.folder, { recursive: true });
      this.hasNetwork = true;
      const simulated = simulatedParts(this.pod);
      if (simulated.length > 0) this.event("Normal", "Simulated", simulated.join("; "));
    }
    await this.preparation.update();
  }

  /** Runs the init containers in order; whether all came through. A sidecar goes on, and the next one starts when it has started. */
  private async runInit(): Promise<boolean> {
    for (const runner of this.init) {
      if (this.isStopping()) return false;
      if (runner.spec.restartPolicy === "Always") {
        void this.runToEnd(runner);
        while (!runner.started && !this.isStopping()) await this.nextChange();
        continue;
      }
      const ended = await this.run(
        runner,
        ({ exitCode }) => exitCode !== 0 && this.pod.spec.restartPolicy !== "Never",
      );
      if (ended?.exitCode !== 0) return false;
    }
    return true;
  }

  private runToEnd(runner: ContainerRunner): Promise<Ended | undefined> {
    const policy = runner.spec.restartPolicy ?? this.pod.spec.restartPolicy ?? "Always";
    return this.run(
      runner,
      ({ exitCode }) => policy === "Always" || (policy === "OnFailure" && exitCode !== 0),
    );
  }

  private async run(runner: ContainerRunner, again: (ended: Ended) => boolean): Promise<Ended | undefined> {
    if (imageOf(runner.spec.image) !== undefined) return runner.run(again);
    return this.pretend(runner);
  }

  /** A container without a local program: an init container completes at once, others pretend to run until the pod ends. */
  private async pretend(runner: ContainerRunner): Promise<Ended | undefined> {
    const startedAt = timestamp();
    const completes = this.init.includes(runner) && runner.spec.restartPolicy !== "Always";
    const terminated = { exitCode: 0, reason: "Completed", startedAt, finishedAt: startedAt };
    runner.state = completes ? { terminated } : { running: { startedAt } };
    runner.ready = !completes;
    runner.started = !completes;
    this.changed();
    if (completes) return terminated;
    await new Promise((resolve) => {
      this.stopping.signal.addEventListener("abort", resolve, { once: true });
    });
    return undefined;
  }

  private async stopContainers(graceMs: number): Promise<void> {
    await Promise.all(this.containers.map((runner) => runner.stop(graceMs)));
    for (const runner of this.sidecars().reverse()) await runner.stop(graceMs);
    await Promise.all(this.init.map((runner) => runner.stop(graceMs)));
  }

  private sidecars(): ContainerRunner[] {
    return this.init.filter(({ spec }) => spec.restartPolicy === "Always");
  }

  private end(phase: "Succeeded" | "Failed"): void {
    this.ended = phase;
    this.changed();
  }

  /** Keeps ConfigMaps, Secrets and tokens up to date. */
  private async refresh(): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      await delay(REFRESH_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.preparation.update().catch((error: unknown) => {
        // What is mounted stays as it is when its object goes away.
        this.context.log(`${this.pod.metadata.name}: ${String(error)}`);
      });
    }
  }

  private async untilDone(work: () => Promise<void>): Promise<void> {
    for (let attempt = 1; !this.isStopping(); attempt++) {
      try {
        await work();
        return;
      } catch (error) {
        // The node's rights to what a pod names follow the pod by a moment.
        if (error instanceof MissingError && attempt === 1) {
          await delay(RETRY_MS / 4);
          continue;
        }
        const reason = error instanceof MissingError ? "FailedMount" : "FailedCreatePodSandBox";
        this.event("Warning", reason, error instanceof Error ? error.message : String(error));
        await delay(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  private runner(container: RealContainer): ContainerRunner {
    const known = [
      ...(this.pod.status.containerStatuses ?? []),
      ...(this.pod.status.initContainerStatuses ?? []),
    ];
    const before = known.find(({ name }) => name === container.name);
    const runner: ContainerRunner = new ContainerRunner(container, {
      podIP: this.place.podIP,
      grace: this.pod.spec.terminationGracePeriodSeconds ?? 30,
      prepare: (spec) => this.preparation.launchOf(spec, runner.restartCount),
      changed: () => {
        this.changed();
      },
      event: (type, reason, message, name) => {
        this.event(type, reason, message, name);
      },
    });
    // The status of an earlier agent: all of its processes have ended with it.
    if (before?.state !== undefined && "running" in before.state)
      runner.restartCount = Number(before.restartCount ?? 0) + 1;
    else runner.restartCount = Number(before?.restartCount ?? 0);
    return runner;
  }

  private event(type: "Normal" | "Warning", reason: string, message: string, container?: string): void {
    this.context.events.report(this.pod, type, reason, message, container);
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.stopping.signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
    });
  }

  /** Has the status written; several changes at once are one. */
  private changed(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
    this.reportAgain = true;
    this.reporting ??= this.reportAll().finally(() => {
      this.reporting = undefined;
    });
  }

  private async reportAll(): Promise<void> {
    // Changes of one moment come together.
    await Promise.resolve();
    while (this.reportAgain && !this.silent) {
      this.reportAgain = false;
      const status = statusOf(this.pod, { ...this.progress(), simulated: simulatedParts(this.pod) });
      if (isDeepStrictEqual(status, this.written)) continue;
      try {
        await this.report(this.pod, status);
        this.written = status;
      } catch (error) {
        this.context.log(`${this.pod.metadata.name}: ${String(error)}`);
        this.reportAgain = true;
        await delay(RETRY_MS);
      }
    }
  }

  private progress() {
    const { place, startTime, hasNetwork, initialized, init, containers, ended } = this;
    return { place, startTime, hasNetwork, initialized, init, containers, ended };
  }
}
