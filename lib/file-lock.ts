import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";

const POLL_MS = 100;

/** Options of {@link withFileLock}. */
export interface FileLockOptions {
  /** Called once if another process holds the lock. */
  readonly onWait: (holder: ProcessIdentity) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while holding the lock file: no other process, and no other call in this process, holds it at the same time. A lock whose
 * holder has died is taken over.
 * @throws the reason of `signal`, if it aborts the wait
 */
export async function withFileLock<T>(
  path: string,
  { onWait, signal }: FileLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const token = `${path}.${randomUUID()}`;
  let reported = false;
  for (;;) {
    signal?.throwIfAborted();
    const holder = take(path, token);
    if (holder === "taken") break;
    if (holder === "retry") continue;
    if (!reported) onWait(holder);
    reported = true;
    await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string, token: string): "taken" | "retry" | ProcessIdentity {
  try {
    writeFileSync(token, JSON.stringify(identify(process.pid)), { mode: 0o600 });
    // A hard link appears with its content in one step, and fails if the name is taken.
    linkSync(token, path);
    return "taken";
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    rmSync(token, { force: true });
  }
  const holder = read(path);
  if (holder !== undefined && isAlive(holder)) return holder;
  removeDead(path, `${token}.dead`);
  return "retry";
}

/** Moves the lock aside; if a live process has taken it in the meantime, puts it back. */
function removeDead(path: string, aside: string): void {
  try {
    renameSync(path, aside);
    const moved = read(aside);
    if (moved !== undefined && isAlive(moved)) linkSync(aside, path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The holder of a lock; undefined if there is no lock, or if a power cut left an empty file. */
function read(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
