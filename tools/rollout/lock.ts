import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { identify } from "../../lib/process-identity.ts";

/** The process that holds a stack's lock, in a self-managed backend (file, S3, …). */
export interface LockHolder {
  readonly host: string;
  readonly pid: number;
  /** Such as `2026-01-31T12:00:00Z`. */
  readonly since: string;
}

const HOLDER = /created by \S*@(\S+) \(pid (\d+)\) at (\S+)/g;
const POLL_MS = 500;

/** The holders that the CLI's error names; none with Pulumi Cloud, whose leases expire. */
export function lockHolders(refusal: string): LockHolder[] {
  return [...refusal.matchAll(HOLDER)].map(([, host = "", pid = "", since = ""]) => ({
    host,
    pid: Number(pid),
    since,
  }));
}

/** Arguments of {@link waitForDeadLock}. */
export interface LockArgs {
  readonly stack: string;
  /** The CLI's error. */
  readonly refusal: string;
  /** Wait for a holder on this machine, such as the CLI of an interrupted rollout. */
  readonly takeOver: boolean;
  readonly report: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Waits until every process that holds the stack's lock has exited, so that the lock can be removed.
 * @throws {EdgefirstError} if the lock must not be taken over: takeOver is false, or the holder runs on another machine
 */
export async function waitForDeadLock({ stack, refusal, takeOver, report, signal }: LockArgs): Promise<void> {
  const holders = lockHolders(refusal);
  const foreign = holders.length === 0 || holders.some(({ host }) => host !== hostname());
  if (foreign || !takeOver)
    throw new EdgefirstError(
      `Stack ${stack} is locked by another update${holders.map(({ host, pid, since }) => ` (process ${pid} on ${host}, since ${since})`).join("")}.`,
      foreign
        ? `Wait until it has finished. If you are certain that it is no longer running, remove its lock: pulumi cancel --stack ${stack}`
        : "Wait until it has finished. After an interrupted rollout, --resume takes over the lock once that process has exited.",
    );
  for (const { pid, since } of holders) {
    if (identify(pid) !== undefined)
      report(`waiting for process ${pid}, which has been updating the stack since ${since}`);
    while (identify(pid) !== undefined) await setTimeout(POLL_MS, undefined, { signal });
  }
}
