import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity } from "../process-identity.ts";

const POLL_MS = 250;

/** What {@link withBuildLock} needs besides the work. */
export interface BuildLockOptions {
  /** Told once if somebody else has the lock. */
  readonly onWait: (holder: ProcessIdentity) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does the work while no other process, and no other call in this one, holds the lock file. A dead holder's lock is taken over. It only
 * spares a second build: work must be safe without it.
 */
export async function withBuildLock<T>(
  path: string,
  options: BuildLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const token = `${path}.${process.pid}-${crypto.randomUUID()}`;
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const holder = take(path, token);
    if (holder === "taken") break;
    if (holder !== "retry" && !told) {
      options.onWait(holder);
      told = true;
    }
    await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string, token: string): "taken" | "retry" | ProcessIdentity {
  writeFileSync(token, JSON.stringify(identify(process.pid)));
  try {
    // A hard link appears with its content, and fails if the name is there.
    linkSync(token, path);
    return "taken";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(token);
  }
  const holder = read(path);
  if (holder !== undefined && isAlive(holder)) return holder;
  removeDead(path, `${token}.dead`);
  return "retry";
}

/** Moves the lock aside; where somebody alive took it since it was read, it is put back. */
function removeDead(path: string, aside: string): void {
  try {
    renameSync(path, aside);
    const moved = read(aside);
    if (moved !== undefined && isAlive(moved)) linkSync(aside, path);
    rmSync(aside);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  }
}

function read(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
