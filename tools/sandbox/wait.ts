import { setTimeout as delay } from "node:timers/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { type ProcessIdentity, isAlive } from "../../lib/process-identity.ts";
import { logTail } from "./process-log.ts";

const POLL_MS = 50;

/** A process without which waiting is pointless. */
export interface WatchedProcess extends ProcessIdentity {
  readonly name: string;
  /** File that gets stdout and stderr. */
  readonly log: string;
}

/** Options of {@link waitUntil}. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Processes without which waiting is pointless. */
  readonly alive?: readonly WatchedProcess[];
}

/**
 * Polls until `check` returns something other than undefined or false, and returns that.
 * @throws EdgefirstError with the last lines of the logs if the wait times out (even if `check` hangs) or one of `options.alive` exits.
 */
export async function waitUntil<T>(
  description: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const result = await within(deadline, check);
    if (result !== undefined && result !== false) return result;
    const dead = options.alive?.find((record) => !isAlive(record));
    if (dead) {
      throw new EdgefirstError(`${dead.name} exited while waiting for ${description}.`, logTail(dead.log));
    }
    if (Date.now() > deadline) {
      throw new EdgefirstError(
        `Timed out after ${options.timeoutMs / 1000} s waiting for ${description}.`,
        options.alive?.map(({ log }) => logTail(log)).join("\n"),
      );
    }
    await delay(POLL_MS);
  }
}

/** The result of the check; undefined if the check does not finish by the deadline. */
async function within<T>(deadline: number, check: () => Promise<T> | T): Promise<T | undefined> {
  const end = new AbortController();
  // Slightly later than the deadline, so that the deadline has passed when the caller compares it with the clock.
  const left = Math.max(0, deadline - Date.now()) + POLL_MS;
  const late = delay(left, undefined, { signal: end.signal }).catch(() => undefined);
  try {
    return await Promise.race([check(), late]);
  } finally {
    end.abort();
  }
}
