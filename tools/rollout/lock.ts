import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { identify } from "../../lib/process-identity.ts";

/** Who holds a stack's lock, in a backend without a service (file, S3, …). */
export interface LockHolder {
  readonly host: string;
  readonly pid: number;
  /** As in `2026-01-31T12:00:00Z`. */
  readonly since: string;
}

const HOLDER = /created by \S*@(\S+) \(pid (\d+)\) at (\S+)/g;
const POLL_MS = 500;

/** The holders that the CLI's refusal names; none from Pulumi Cloud, which keeps leases that run out by themselves. */
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
  /** The CLI's refusal. */
  readonly refusal: string;
  /** Wait for a holder on this machine, as after an interrupted rollout whose CLI still runs. */
  readonly takeOver: boolean;
  readonly report: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Resolves once every process that holds the stack's lock is known to be gone, so that the lock may be removed.
 * @throws {EdgefirstError} where a lock may not be taken over: it was not asked for, or its holder cannot be seen from here
 */
export async function waitForDeadLock({ stack, refusal, takeOver, report, signal }: LockArgs): Promise<void> {
  const holders = lockHolders(refusal);
  const foreign = holders.length === 0 || holders.some(({ host }) => host !== hostname());
  if (foreign || !takeOver)
    throw new EdgefirstError(
      `Stack ${stack} is locked by another update${holders.map(({ host, pid, since }) => ` (process ${pid} on ${host}, since ${since})`).join("")}.`,
      foreign
        ? `Wait for its end. If it is gone for certain, remove its lock: pulumi cancel --stack ${stack}`
        : "Wait for its end. After an interrupted rollout, --resume takes the lock over once that process is gone.",
    );
  for (const { pid, since } of holders) {
    if (identify(pid) !== undefined)
      report(`waiting for process ${pid}, which updates the stack since ${since}`);
    while (identify(pid) !== undefined) await setTimeout(POLL_MS, undefined, { signal });
  }
}
