import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { type ProcessIdentity, findByEnvironment, identify, isAlive } from "../../lib/process-identity.ts";
import { logTail } from "./process-log.ts";

export { isAlive } from "../../lib/process-identity.ts";
export { waitUntil } from "./wait.ts";

/** A program to start. */
export interface ProcessSpec {
  /** Unique within the folder that holds its record; also the name of its log. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The program's environment variables, in addition to the calling process's PATH, HOME and TMPDIR. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A started process, as stored in `<dir>/processes/<name>.json`, with everything that a restart needs. */
export interface ProcessRecord extends ProcessSpec, ProcessIdentity {
  /**
   * When the process was first started, in milliseconds since the epoch. A restart keeps it, so that the order of {@link stopAll} does not change.
   */
  readonly place: number;
  /** File that gets stdout and stderr. */
  readonly log: string;
}

/** Recorded before the start, because a launcher that is killed right after starting a process cannot record it. */
type StartIntent = Omit<ProcessRecord, keyof ProcessIdentity> & {
  /** The value of {@link START_VARIABLE} that only this process has in its environment. */
  readonly token: string;
};

const START_VARIABLE = "EDGEFIRST_SANDBOX_START";
const POLL_MS = 50;
const GRACE_MS = 10_000;

/**
 * Starts a process that outlives the caller, appends its output to `<dir>/logs/<name>.log` and records it in `<dir>/processes/<name>.json`
 * (mode 0600).
 * @throws EdgefirstError if a process with that name is still running, or the program cannot be started.
 */
export async function startProcess(dir: string, spec: ProcessSpec): Promise<ProcessRecord> {
  const before = findProcess(dir, spec.name);
  if (before !== undefined && isAlive(before)) {
    throw new EdgefirstError(
      `${spec.name} is already running in ${dir} as process ${before.pid}.`,
      "Stop it first.",
    );
  }
  const log = join(dir, "logs", `${spec.name}.log`);
  mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
  const path = recordPath(dir, spec.name);
  const { name, command, args, env, cwd } = spec;
  const known = {
    ...{ name, command, args, place: before?.place ?? Date.now(), log },
    ...(env !== undefined && { env }),
    ...(cwd !== undefined && { cwd }),
  };
  const intent: StartIntent = { ...known, token: randomUUID() };
  writeFileAtomic(path, JSON.stringify(intent));
  const output = openSync(log, "a", 0o600);
  const child = spawn(spec.command, spec.args, {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...environment(), ...spec.env, [START_VARIABLE]: intent.token },
    ...(spec.cwd !== undefined && { cwd: spec.cwd }),
  });
  closeSync(output);
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) {
    const cause = await new Promise<Error | undefined>((resolve) => {
      child.once("error", resolve).once("exit", () => {
        resolve(undefined);
      });
    });
    rmSync(path, { force: true });
    throw new EdgefirstError(
      `${spec.name} could not be started: ${cause?.message ?? `${spec.command} exited at once`}.`,
      logTail(log),
    );
  }
  const record = { ...known, ...identity };
  writeFileAtomic(path, JSON.stringify(record));
  child.unref();
  return record;
}

/** The record of the process with this name, running or not. */
export function findProcess(dir: string, name: string): ProcessRecord | undefined {
  const text = unlessAbsent(() => readFileSync(recordPath(dir, name), "utf8"));
  if (text === undefined) return undefined;
  const known = JSON.parse(text) as ProcessRecord | StartIntent;
  if (!("token" in known)) return known;
  const { token, ...rest } = known;
  const identity = findByEnvironment(START_VARIABLE, token);
  return identity && { ...rest, ...identity };
}

/** All records in a folder, running or not, in the order of their first start. */
export function listProcesses(dir: string): ProcessRecord[] {
  const folder = join(dir, "processes");
  return (unlessAbsent(() => readdirSync(folder)) ?? [])
    .filter((file) => file.endsWith(".json"))
    .map((file) => findProcess(dir, file.slice(0, -".json".length)))
    .filter((record) => record !== undefined)
    .sort((a, b) => a.place - b.place);
}

/**
 * Stops the process with SIGTERM, and with SIGKILL after `graceMs`. Returns once it is gone. A different process that has taken over its
 * PID is left alone.
 */
export async function stopProcess(record: ProcessIdentity, graceMs = GRACE_MS): Promise<void> {
  const deadline = Date.now() + graceMs;
  sendSignal(record, "SIGTERM");
  while (isAlive(record)) {
    if (Date.now() > deadline) sendSignal(record, "SIGKILL");
    await delay(POLL_MS);
  }
}

/** Stops every process recorded in a folder, in reverse start order, and removes the records. Returns those that were running. */
export async function stopAll(dir: string, graceMs = GRACE_MS): Promise<ProcessRecord[]> {
  const stopped: ProcessRecord[] = [];
  for (const record of listProcesses(dir).reverse()) {
    if (isAlive(record)) stopped.push(record);
    await stopProcess(record, graceMs);
    rmSync(recordPath(dir, record.name), { force: true });
  }
  rmSync(join(dir, "processes"), { recursive: true, force: true });
  return stopped;
}

function sendSignal(record: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(record)) return;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** What `read` returns; undefined if the file does not exist, even if another process has only just removed it. */
function unlessAbsent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The variables that every program needs, and no more: the caller's environment may hold secrets, or settings meant for other programs. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }) };
}

function recordPath(dir: string, name: string): string {
  return join(dir, "processes", `${name}.json`);
}
