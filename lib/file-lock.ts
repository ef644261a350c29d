import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";

const POLL_MS = 100;

/** What {@link withFileLock} needs besides the work. */
export interface FileLockOptions {
  /** Told once if somebody else has the lock. */
  readonly onWait: (holder: ProcessIdentity) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does the work while no other process, and no other call in this one, holds the lock file. A lock whose holder died is taken over.
 * @throws the reason of `signal` if that ends the waiting
 */
export async function withFileLock<T>(
  path: string,
  { onWait, signal }: FileLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const token = `${path}.${randomUUID()}`;
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const holder = take(path, token);
    if (holder === "taken") break;
    if (holder === "retry") continue;
    if (!told) onWait(holder);
    told = true;
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
    // A hard link appears with its content, and fails if the name is there.
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

/** Moves the lock aside; where somebody alive took it since it was read, it is put back. */
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

/** Who holds a lock; undefined where there is none, or a power cut left an empty file. */
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
