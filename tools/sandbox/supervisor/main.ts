import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../lib/errors.ts";
import { readClusters } from "../cluster-state.ts";
import { findProcess, isAlive, listProcesses, startProcess } from "../processes.ts";
import { inSandboxDir } from "../sandbox-dir.ts";

// Restarts the processes of the sandbox in the working directory when they exit.
// To stop a process for good, take the folder's lock and remove the process's record.

const INTERVAL_MS = 300;
const LONGEST_PAUSE_MS = 10_000;
/** A process that ran at least this long is restarted at once. */
const STEADY_MS = 10_000;

/** The last run of a process that this supervisor has restarted. */
interface Run {
  readonly started: number;
  /** Milliseconds to wait between the process's exit and its next start, unless it ran for {@link STEADY_MS}. */
  readonly pause: number;
  /** When the supervisor first noticed the exit. */
  ended?: number;
}

const dir = process.cwd();
const runs = new Map<string, Run>();
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

for (;;) {
  try {
    await check();
  } catch (error) {
    // A cluster may be deleted during the check. Whatever the error is, the other processes still need a supervisor.
    log(String(error));
  }
  await delay(INTERVAL_MS);
}

async function check(): Promise<void> {
  for (const folder of [dir, ...readClusters(dir).map((cluster) => cluster.dir)])
    for (const record of listProcesses(folder)) {
      if (!isAlive(record) && isDue(record.log)) await restart(folder, record.name);
    }
}

/** Whether an exited process is due for a restart: the pause grows with each consecutive exit. */
function isDue(id: string): boolean {
  const run = runs.get(id);
  if (run === undefined) return true;
  run.ended ??= Date.now();
  return isSteady(run) || Date.now() - run.ended >= run.pause;
}

function isSteady({ started, ended = Date.now() }: Run): boolean {
  return ended - started >= STEADY_MS;
}

async function restart(folder: string, name: string): Promise<void> {
  await inSandboxDir(dir, { progress: log }, async () => {
    const record = findProcess(folder, name);
    if (record === undefined || isAlive(record)) return;
    const before = runs.get(record.log);
    const isNew = before === undefined || isSteady(before);
    const pause = isNew ? INTERVAL_MS : Math.min(2 * before.pause, LONGEST_PAUSE_MS);
    runs.set(record.log, { started: Date.now(), pause });
    log(`${basename(folder)}: ${name} exited; restarting it`);
    try {
      await startProcess(folder, record);
    } catch (error) {
      log(messageOf(error));
    }
  });
}
