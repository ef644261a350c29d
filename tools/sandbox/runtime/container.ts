import { type ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../lib/errors.ts";
import { timestamp } from "../agent/node.ts";
import { type ContainerState, type Ended, SIGNALS } from "./container-state.ts";
import { type PodEvent } from "./events.ts";
import { execute, type Launch, launch } from "./launch.ts";
import { type ProbeKind, probeContainer } from "./probing.ts";
import { type RealContainer } from "./pod-spec.ts";

const SECOND = 1000;
/** As in the kubelet, a container that ran this long has recovered, and its back-off starts over. */
const BACKOFF_RESET_MS = 600 * SECOND;
const BACKOFF_FIRST_MS = 10 * SECOND;
const BACKOFF_MOST_MS = 300 * SECOND;

/** What a container needs from its pod. */
export interface ContainerHost {
  readonly podIP: string;
  /** Prepares the container's next start. @throws MissingError while something that it needs does not exist. */
  readonly prepare: (container: RealContainer) => Promise<Launch>;
  readonly changed: () => void;
  readonly event: (event: PodEvent) => void;
  /** Seconds. */
  readonly grace: number;
}

/** One container of a pod, across its restarts. */
export class ContainerRunner {
  readonly spec: RealContainer;
  state: ContainerState = { waiting: { reason: "PodInitializing" } };
  lastState: ContainerState | undefined;
  restartCount = 0;
  ready = false;
  started = false;
  readonly #host: ContainerHost;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #graceMs: number;
  #backoffMs = 0;

  constructor(spec: RealContainer, host: ContainerHost) {
    this.spec = spec;
    this.#host = host;
    this.#graceMs = host.grace * SECOND;
  }

  /** The container's first process, while the container runs. */
  get pid(): number | undefined {
    return "running" in this.state ? this.#child?.pid : undefined;
  }

  /** Whether the container has been asked to stop. */
  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Runs the container and restarts it, with the kubelet's back-off, as long as `again` returns true. */
  async run(again: (ended: Ended) => boolean): Promise<Ended | undefined> {
    for (;;) {
      const begin = Date.now();
      const ended = await this.#once();
      if (ended === undefined) return undefined;
      this.ready = false;
      this.started = false;
      this.state = { terminated: ended };
      this.#host.changed();
      if (this.#isStopping() || !again(ended)) return ended;
      await this.#backOff(Date.now() - begin, ended);
      if (this.#isStopping()) return ended;
      this.restartCount++;
    }
  }

  /** Asks the container to stop, and kills it after the grace period. */
  async stop(graceMs = this.#graceMs): Promise<void> {
    this.#stopping.abort();
    await this.#end(graceMs);
  }

  /** Runs the container once; undefined if it was asked to stop before it started. */
  async #once(): Promise<Ended | undefined> {
    const prepared = await this.#prepared();
    if (prepared === undefined || this.#isStopping()) return undefined;
    const { child, begun } = launch(prepared);
    this.#child = child;
    const exit = exitOf(child);
    await begun;
    const startedAt = timestamp();
    this.state = { running: { startedAt } };
    this.#event("Normal", "Started", `Started container ${this.spec.name}`);
    this.#host.changed();
    const life = new AbortController();
    const probes = this.#probe(prepared, child, life.signal);
    const [code, signal] = await exit;
    life.abort();
    killGroup(child);
    this.#child = undefined;
    await probes;
    const number = SIGNALS[signal ?? ""];
    const exitCode = code ?? 128 + (number ?? 0);
    return {
      exitCode,
      ...(number !== undefined && { signal: number }),
      reason: exitCode === 0 ? "Completed" : "Error",
      startedAt,
      finishedAt: timestamp(),
    };
  }

  async #prepared(): Promise<Launch | undefined> {
    while (!this.#isStopping()) {
      try {
        return await this.#host.prepare(this.spec);
      } catch (error) {
        const message = messageOf(error);
        const reason = "CreateContainerConfigError";
        if (!("waiting" in this.state) || this.state.waiting.message !== message) {
          this.state = { waiting: { reason, message } };
          this.#event("Warning", "Failed", `Error: ${message}`);
          this.#host.changed();
        }
        await this.#pause(2 * SECOND);
      }
    }
    return undefined;
  }

  #probe(prepared: Launch, child: ChildProcess, signal: AbortSignal): Promise<void> {
    const { spec } = this;
    const host = this.#host;
    const target = {
      container: spec,
      podIP: host.podIP,
      execute: (command: readonly string[], timeoutMs: number) =>
        execute(child.pid ?? 0, prepared, command, timeoutMs),
    };
    return probeContainer(
      target,
      {
        started: () => {
          this.started = true;
          host.changed();
        },
        ready: (ready) => {
          if (this.ready === ready) return;
          this.ready = ready;
          host.changed();
        },
        failed: (kind: ProbeKind, output) => {
          this.#event("Warning", "Unhealthy", `${kind} probe failed: ${output}`);
        },
        unhealthy: (probe, message) => {
          this.#event("Normal", "Killing", `Container ${spec.name} ${message}, will be restarted`);
          const grace = probe.terminationGracePeriodSeconds;
          void this.#end(grace === undefined ? this.#graceMs : grace * SECOND);
        },
      },
      signal,
    );
  }

  async #backOff(ranMs: number, ended: Ended): Promise<void> {
    if (ranMs >= BACKOFF_RESET_MS) this.#backoffMs = 0;
    this.lastState = { terminated: ended };
    const backoffMs = this.#backoffMs;
    // The first restart is immediate; the wait doubles with each further one.
    this.#backoffMs = backoffMs === 0 ? BACKOFF_FIRST_MS : Math.min(2 * backoffMs, BACKOFF_MOST_MS);
    if (backoffMs === 0) return;
    const message = `back-off ${backoffMs / SECOND}s restarting failed container=${this.spec.name}`;
    this.state = { waiting: { reason: "CrashLoopBackOff", message } };
    this.#event("Warning", "BackOff", `Back-off restarting failed container ${this.spec.name}`);
    this.#host.changed();
    await this.#pause(backoffMs);
  }

  #event(type: PodEvent["type"], reason: string, message: string): void {
    this.#host.event({ type, reason, message, container: this.spec.name });
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  async #end(graceMs: number): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exit = exitOf(child);
    child.kill("SIGTERM");
    const timer = setTimeout(() => {
      killGroup(child);
    }, graceMs);
    await exit;
    clearTimeout(timer);
  }
}

function exitOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve) => {
    child.once("error", () => {
      resolve([128, null]);
    });
    child.once("exit", (code, signal) => {
      resolve([code, signal]);
    });
  });
}

/** Kills what the container has started, so that no process outlives it. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
