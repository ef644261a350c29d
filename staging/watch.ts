import { EdgefirstError } from "../lib/errors.ts";
import { runChecks } from "./check-round.ts";
import type { Clock } from "./clock.ts";
import { WatchState, type WatchArgs, type WatchResult } from "./watch-state.ts";

/**
 * Watches until every check has held for the whole soak, until the timeout, or until a failure that waiting cannot fix. A failure or a changed revision
 * restarts the soak. An object that reconciles at the same revision does not restart it, but the soak cannot end before that object is ready. A long outage of
 * the cluster or a cancellation ends the watch without a result.
 */
export async function watch(args: WatchArgs, clock: Clock, signal?: AbortSignal): Promise<WatchResult> {
  const { timeoutMs, intervalMs, outageMs } = args.timing;
  const state = new WatchState(args, clock.now());
  for (;;) {
    if (signal?.aborted === true) return state.giveUp("it was cancelled");
    const now = clock.now();
    state.resume(now);
    try {
      const round = await runChecks(args.checks, state.reusable(now));
      const observed = state.record(round, now, clock.now());
      const recovered = state.newlyRecovered();
      // At once: a process that is killed later cannot record it.
      if (recovered !== undefined) await args.onRecovery?.(recovered);
      if (state.hasPassed(observed)) return state.pass(observed);
      if (state.cannotRecover()) return state.fail("waiting cannot fix it");
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
      if (state.recordOutage(error, now) >= outageMs) return state.giveUp("the cluster stopped responding");
    }
    const left = state.left(clock.now());
    if (left <= 0) return state.fail(`the soak was not complete after ${timeoutMs / 1_000} s`);
    await clock.sleep(Math.min(intervalMs, left), signal);
  }
}
