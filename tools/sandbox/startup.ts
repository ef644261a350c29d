import { join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { shellWord } from "../../lib/shell-word.ts";
import type { ClusterState, Ports } from "./cluster-state.ts";
import { isFree } from "./ports.ts";
import {
  type ProcessRecord,
  type ProcessSpec,
  findProcess,
  isAlive,
  startProcess,
  waitUntil,
} from "./processes.ts";

const READY_TIMEOUT_MS = 60_000;
const PORT_TIMEOUT_MS = 3_000;

/** Callbacks during a cluster's start. */
export interface StartupOptions {
  readonly progress: (line: string) => void;
  /** Called for each process that had to be started. */
  readonly started: (record: ProcessRecord) => void;
  readonly signal?: AbortSignal | undefined;
}

/** One start of one cluster: starts the missing processes and waits until they are ready. */
export class Startup {
  /** Names of the processes that had to be started. */
  readonly names: string[] = [];
  readonly #running: ProcessRecord[] = [];
  readonly #cluster: ClusterState;
  readonly #options: StartupOptions;

  constructor(cluster: ClusterState, options: StartupOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /**
   * Checks, before anything starts, that the ports of a process that is not running are free.
   * @throws EdgefirstError if one is taken.
   */
  async checkPorts(name: string, ports: readonly (keyof Ports)[]): Promise<void> {
    if (!this.isRunning(name)) await Promise.all(ports.map((port) => this.#expectFree(port)));
  }

  /** Starts a process unless it is running. */
  async ensure(spec: ProcessSpec): Promise<void> {
    const { dir, name } = this.#cluster;
    const known = this.#findRunning(spec.name);
    if (known !== undefined) {
      this.#running.push(known);
      return;
    }
    this.#options.signal?.throwIfAborted();
    if (this.names.length === 0) this.#options.progress(`${name}: starting`);
    const record = await startProcess(dir, spec);
    this.#options.started(record);
    this.#running.push(record);
    this.names.push(spec.name);
  }

  /**
   * Waits until the check returns true. A check that throws counts as false.
   * @throws EdgefirstError with the last log lines if a process exits or the wait times out.
   */
  async wait(what: string, check: () => Promise<boolean>): Promise<void> {
    const patient = async (): Promise<boolean> => {
      try {
        return await check();
      } catch {
        return false;
      }
    };
    const options = { timeoutMs: READY_TIMEOUT_MS, signal: this.#options.signal, alive: this.#running };
    await waitUntil(`${what} of ${this.#cluster.name}`, patient, options).catch((error: unknown) => {
      if (!(error instanceof EdgefirstError)) throw error;
      throw new EdgefirstError(
        error.message,
        [
          `If the cluster's data is damaged, run edgefirst sandbox down --delete-data --dir ${this.#folder}, then run up again.`,
          "If a program in the cache is damaged, delete its folder (edgefirst doctor shows it), then run up again.",
        ].join("\n"),
      );
    });
  }

  /** Whether one of the cluster's processes is running. */
  isRunning(name: string): boolean {
    return this.#findRunning(name) !== undefined;
  }

  /** The sandbox's folder, quoted for a command line. */
  get #folder(): string {
    return shellWord(join(this.#cluster.dir, "../.."));
  }

  #findRunning(name: string): ProcessRecord | undefined {
    const known = findProcess(this.#cluster.dir, name);
    return known !== undefined && isAlive(known) ? known : undefined;
  }

  async #expectFree(use: keyof Ports): Promise<void> {
    const port = this.#cluster.ports[use];
    const { signal } = this.#options;
    try {
      // An outgoing connection may occupy the port for a moment.
      await waitUntil(`port ${port} to be free`, () => isFree(port), { timeoutMs: PORT_TIMEOUT_MS, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw new EdgefirstError(
        `Another program uses port ${port} on 127.0.0.1, the ${use} port of the sandbox cluster ${this.#cluster.name}.`,
        `Stop that program, or give the clusters other ports: edgefirst sandbox up --new-ports --dir ${this.#folder}`,
        { cause: error },
      );
    }
  }
}
