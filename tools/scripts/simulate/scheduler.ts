import { AsyncLocalStorage } from "node:async_hooks";

/** An interruption that happens to a process when it makes a certain call. */
export type Interruption =
  | { readonly kind: "kill" }
  /** Ctrl-C: the process's handlers run; a process without handlers ends. */
  | { readonly kind: "interrupt" }
  /** The machine is asleep. */
  | { readonly kind: "sleep"; readonly ms: number };

/**
 * When an interruption happens: at the call with this number, or some time after the process began; the same, counted from the beginning of the soak; or after the
 * verification and before the engine stores its evidence.
 */
export type InterruptionPoint = number | `${number} s` | `soak ${number}` | `soak ${number} s` | "verified";

/** The machine that a process runs on. */
export interface Machine {
  /** How far the machine's clock is ahead, in milliseconds. */
  readonly skewMs: number;
  /** The clusters in the machine's kubeconfig, keyed by context. */
  readonly contexts: ReadonlyMap<string, { readonly cluster: object }>;
}

/** What a process reads from the state backend, by a stack's full name. */
export interface StateReader {
  outputsOf(fullName: string): unknown;
  resourcesOf(fullName: string): Record<string, unknown>;
}

/** Arguments of a process. */
export interface ProcessArgs extends Machine {
  readonly name: string;
  readonly stack: string;
  readonly backend: StateReader;
  readonly dryRun: boolean;
  readonly commit: string;
  /** Whether a commit of the GitOps repository descends from another, or is the same. */
  readonly isAncestor: (older: string, newer: string) => boolean;
  readonly interruptions?: ReadonlyMap<InterruptionPoint, Interruption>;
}

/** A run of the program, with everything that the engine knows about it. */
export class SimProcess {
  readonly args: ProcessArgs;
  readonly log: string[] = [];
  readonly handlers = new Map<string, Set<() => void>>();
  /** How many calls the process has made to the engine, to a cluster or to the clock. */
  calls = 0;
  /** The number of calls before the verification. */
  soakBegan = Infinity;
  asleepUntil = 0;
  readonly began: number;
  ended = false;
  /** Why the process ended, for the trace. */
  outcome = "";

  constructor(args: ProcessArgs) {
    this.args = args;
    this.began = scheduler.now;
  }

  end(outcome: string): void {
    if (this.ended) return;
    this.ended = true;
    this.outcome = outcome;
  }

  on(event: string, handler: () => void): void {
    this.handlers.set(event, (this.handlers.get(event) ?? new Set()).add(handler));
  }

  off(event: string, handler: () => void): void {
    this.handlers.get(event)?.delete(handler);
  }

  emit(event: string): boolean {
    const handlers = [...(this.handlers.get(event) ?? [])];
    for (const handler of handlers) handler();
    return handlers.length > 0;
  }
}

interface Timer {
  at: number;
  readonly order: number;
  readonly owner: SimProcess | undefined;
  readonly run: () => void;
}

const NEVER = new Promise<never>(() => undefined);
/** When every simulation begins. */
export const START = Date.UTC(2026, 0, 31, 12);

/** Virtual time. Code runs until nothing but timers is left; then the clock jumps to the next one. */
export class Scheduler {
  now = START;
  #timers: Timer[] = [];
  #order = 0;

  reset(): void {
    this.now = START;
    this.#timers = [];
    this.#order = 0;
  }

  /** Calls `run` at the given time, unless the owner has ended by then. @returns a function that cancels the call */
  at(time: number, run: () => void, owner?: SimProcess): () => void {
    const timer = { at: Math.max(time, this.now), order: this.#order++, owner, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  sleep(ms: number, owner?: SimProcess): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.now + ms, resolve, owner);
    });
  }

  /** Lets time pass until `done` returns true, or until the limit. */
  async runUntil(limit: number, done: () => boolean): Promise<void> {
    for (;;) {
      await settle();
      if (done()) return;
      const next = this.#next();
      if (next === undefined || next.at > limit) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.now = next.at;
      const { owner } = next;
      if (owner?.ended === true) continue;
      if (owner !== undefined && owner.asleepUntil > this.now)
        this.#timers.push({ ...next, at: owner.asleepUntil });
      else next.run();
    }
    this.now = Math.max(this.now, limit);
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    return first;
  }
}

/** Runs all code that waits for nothing but other code. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const scheduler = new Scheduler();
const storage = new AsyncLocalStorage<SimProcess>();

/** The process that runs now. */
export function currentProcess(): SimProcess {
  const process = storage.getStore();
  if (process === undefined) throw new Error("no simulated process runs");
  return process;
}

/** Like {@link currentProcess}, but undefined outside a simulated process. */
export function runningProcess(): SimProcess | undefined {
  return storage.getStore();
}

export function runIn<T>(process: SimProcess, work: () => T): T {
  return storage.run(process, work);
}

/** Each call of a process to anything outside it: the point at which it can be killed, interrupted or suspended. */
export async function call(process: SimProcess, point?: InterruptionPoint): Promise<void> {
  if (process.ended) return NEVER;
  process.calls++;
  const { interruptions } = process.args;
  const interruption =
    interruptions?.get(process.calls) ??
    interruptions?.get(`soak ${process.calls - process.soakBegan}`) ??
    (point === undefined ? undefined : interruptions?.get(point));
  if (interruption !== undefined) interrupt(process, interruption);
  // Not even the code after the call runs in a process that was killed.
  if (isEnded(process)) return NEVER;
  if (process.asleepUntil > scheduler.now)
    await scheduler.sleep(process.asleepUntil - scheduler.now, process);
}

/** Schedules the interruptions that happen some time after this moment, when the process begins, or when its soak does. */
export function scheduleInterruptions(process: SimProcess, counted: "" | "soak "): void {
  for (const [point, interruption] of process.args.interruptions ?? []) {
    const [, from, seconds] = /^(soak |)([\d.]+) s$/.exec(String(point)) ?? [];
    if (from !== counted) continue;
    scheduler.at(
      scheduler.now + Number(seconds) * 1_000,
      () => {
        runIn(process, () => {
          interrupt(process, interruption);
        });
      },
      process,
    );
  }
}

function interrupt(process: SimProcess, interruption: Interruption): void {
  if (interruption.kind === "kill") process.end("killed");
  else if (interruption.kind === "sleep") process.asleepUntil = scheduler.now + interruption.ms;
  else if (!process.emit("SIGINT")) process.end("interrupted");
}

function isEnded(process: SimProcess): boolean {
  return process.ended;
}
