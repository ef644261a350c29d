import { setTimeout } from "node:timers/promises";

/** The source of time; tests replace it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits. Returns early, without an error, when the signal is aborted. */
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

/** The `Date` header has a resolution of one second, and the request itself takes time. */
const TOLERANCE_MS = 2_000;

/** How often to ask again if the response takes long: a login takes time, and this machine may have been asleep. */
const ATTEMPTS = 3;

/**
 * A clock that agrees with the cluster's; this machine's, if that is correct. Timestamps of Gatus and controllers are compared with it, and other machines
 * later read its times in the evidence.
 * @param time reads the cluster's time
 * @param report receives one line if this machine's clock is wrong
 */
export async function clusterClock(
  time: () => Promise<number>,
  report: (line: string) => void,
  own: Clock = SYSTEM_CLOCK,
): Promise<Clock> {
  const { asked, theirs, received } = await timeOf(time, own);
  // The cluster read its clock at some moment in between.
  if (theirs >= asked - TOLERANCE_MS && theirs <= received + TOLERANCE_MS) return own;
  const offset = theirs - (asked + received) / 2;
  const seconds = Math.round(Math.abs(offset) / 1_000);
  report(
    `This machine's clock is ${seconds} s ${offset > 0 ? "behind" : "ahead of"} the cluster's. edgefirst uses the cluster's time.`,
  );
  return { now: () => own.now() + offset, sleep: (ms, signal) => own.sleep(ms, signal) };
}

/** The cluster's time, with this machine's before and after the request. */
async function timeOf(
  time: () => Promise<number>,
  own: Clock,
): Promise<{ readonly asked: number; readonly theirs: number; readonly received: number }> {
  for (let attempt = 1; ; attempt++) {
    const asked = own.now();
    const theirs = await time();
    const received = own.now();
    if (received - asked <= TOLERANCE_MS || attempt === ATTEMPTS) return { asked, theirs, received };
  }
}
