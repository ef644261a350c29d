import { setTimeout } from "node:timers/promises";

/** Time, as what waits sees it; tests have one of their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits; ends early, and without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** This machine's clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
  },
};

/** The header `Date` counts whole seconds, and an answer takes its time. */
const TOLERANCE_MS = 2_000;

/**
 * The clock of the cluster: what Gatus and others there have recorded is compared with it, and the evidence that other machines read later is dated by it. This
 * machine's own clock, where both agree.
 * @param time asks the cluster for its time
 * @param report is told how far this machine is off
 */
export async function clusterClock(
  time: () => Promise<number>,
  report: (line: string) => void,
  own: Clock = SYSTEM_CLOCK,
): Promise<Clock> {
  const asked = own.now();
  const theirs = await time();
  const offset = theirs - (asked + own.now()) / 2;
  if (Math.abs(offset) <= TOLERANCE_MS) return own;
  const seconds = Math.round(Math.abs(offset) / 1_000);
  report(
    `The clock of this machine is ${seconds} s ${offset > 0 ? "behind" : "ahead of"} the cluster's. Every time is the cluster's.`,
  );
  return { now: () => own.now() + offset, sleep: (...args) => own.sleep(...args) };
}
