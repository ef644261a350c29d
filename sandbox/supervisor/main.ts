import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readClusters } from "../cluster-state.ts";
import { findProcess, isAlive, listProcesses, startProcess } from "../processes.ts";
import { inSandboxDir } from "../sandbox-dir.ts";

// Starts again what the sandbox in the working directory has started and what ended. Whoever ends something on purpose holds the folder's lock
// and takes the record away, so that nothing comes back that was asked to go.

const INTERVAL_MS = 300;
const LONGEST_PAUSE_MS = 30_000;
/** A process that has lived for so long is started again at once. */
const STEADY_MS = 60_000;

interface Restarts {
  readonly last: number;
  readonly pause: number;
}

const dir = process.cwd();
const restarts = new Map<string, Restarts>();
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

for (;;) {
  for (const folder of [dir, ...readClusters(dir).map((cluster) => cluster.dir)])
    for (const record of listProcesses(folder)) {
      if (!isAlive(record) && isDue(record.log)) await startAgain(folder, record.name);
    }
  await delay(INTERVAL_MS);
}

/** Whether a process that ended has waited long enough: one that ends again and again waits longer each time. */
function isDue(id: string): boolean {
  const before = restarts.get(id);
  return before === undefined || Date.now() - before.last >= before.pause;
}

async function startAgain(folder: string, name: string): Promise<void> {
  await inSandboxDir(dir, { progress: log }, async () => {
    const record = findProcess(folder, name);
    if (record === undefined || isAlive(record)) return;
    const before = restarts.get(record.log);
    const isSteady = before === undefined || Date.now() - before.last > STEADY_MS;
    const pause = isSteady ? INTERVAL_MS : Math.min(2 * before.pause, LONGEST_PAUSE_MS);
    restarts.set(record.log, { last: Date.now(), pause });
    log(`${basename(folder)}: ${name} ended; it is started again`);
    try {
      await startProcess(folder, record);
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
    }
  });
}
