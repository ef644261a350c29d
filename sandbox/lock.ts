import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessIdentity, identify, isAlive } from "../process-identity.ts";
import { waitUntil } from "./processes.ts";

const TIMEOUT_MS = 180_000;

/** What {@link withLock} needs besides the work. */
export interface LockOptions {
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does the work while no other process does any in the same folder. A lock whose holder died is taken over.
 * @throws EdgefirstError if another process holds the lock for three minutes.
 */
export async function withLock<T>(dir: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const path = join(dir, "lock");
  let told = false;
  await waitUntil(
    `the lock ${path}`,
    () => {
      const holder = tryLock(path);
      if (holder !== undefined && !told) {
        options.progress(`waiting for process ${holder.pid}, which works on this sandbox`);
        told = true;
      }
      return holder === undefined;
    },
    { timeoutMs: TIMEOUT_MS, signal: options.signal },
  );
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Takes the lock, or returns who has it. */
function tryLock(path: string): ProcessIdentity | undefined {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    // A hard link appears with its content and fails if the name is there.
    linkSync(mine, path);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(mine);
  }
  const holder = read(path);
  if (holder !== undefined && isAlive(holder)) return holder;
  if (holder !== undefined) removeStale(path, holder);
  return tryLock(path);
}

/** Removes the lock of a dead holder, unless somebody else has done so and taken it meanwhile. */
function removeStale(path: string, dead: ProcessIdentity): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = read(aside);
  if (moved !== undefined && (moved.pid !== dead.pid || moved.startTime !== dead.startTime))
    linkSync(aside, path);
  rmSync(aside);
}

function read(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
