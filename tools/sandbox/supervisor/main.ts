import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readClusters } from "../cluster-state.ts";
import { findProcess, isAlive, listProcesses, startProcess } from "../processes.ts";
import { inSandboxDir } from "../sandbox-dir.ts";

// Starts again what the sandbox in the working directory has started and what ended. Whoever ends something on purpose holds the folder's lock
// and takes the record away, so that nothing comes back that was asked to go.

const INTERVAL_MS = 300;
const LONGEST_PAUSE_MS = 10_000;
/** A process that has lived for so long is started again at once. */
const STEADY_MS = 10_000;

/** The life of a process that was started again here. */
interface Life {
  readonly started: number;
  /** Milliseconds between its end and the next start, unless it lives for long. */
  readonly pause: number;
  /** When it was first seen to have ended. */
  ended?: number;
}

const dir = process.cwd();
const lives = new Map<string, Life>();
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

for (;;) {
  try {
    await look();
  } catch (error) {
    // A cluster may be deleted while it is looked at; whatever it is, the others are not to be left alone for it.
    log(String(error));
  }
  await delay(INTERVAL_MS);
}

async function look(): Promise<void> {
  for (const folder of [dir, ...readClusters(dir).map((cluster) => cluster.dir)])
    for (const record of listProcesses(folder)) {
      if (!isAlive(record) && isDue(record.log)) await startAgain(folder, record.name);
    }
}

/** Whether a process that ended has waited long enough: one that ends again and again waits longer each time. */
function isDue(id: string): boolean {
  const life = lives.get(id);
  if (life === undefined) return true;
  life.ended ??= Date.now();
  return isSteady(life) || Date.now() - life.ended >= life.pause;
}

function isSteady({ started, ended = Date.now() }: Life): boolean {
  return ended - started >= STEADY_MS;
}

async function startAgain(folder: string, name: string): Promise<void> {
  await inSandboxDir(dir, { progress: log }, async () => {
    const record = findProcess(folder, name);
    if (record === undefined || isAlive(record)) return;
    const before = lives.get(record.log);
    const isNew = before === undefined || isSteady(before);
    const pause = isNew ? INTERVAL_MS : Math.min(2 * before.pause, LONGEST_PAUSE_MS);
    lives.set(record.log, { started: Date.now(), pause });
    log(`${basename(folder)}: ${name} ended; it is started again`);
    try {
      await startProcess(folder, record);
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
    }
  });
}
