import { EdgefirstError } from "../lib/errors.ts";
import type { Clock } from "./clock.ts";
import { lookOnce } from "./look.ts";
import { WatchState, type WatchArgs, type WatchResult } from "./watch-state.ts";

/** For how long a cluster may give no answer. */
const LOST_MS = 30_000;

/**
 * Watches until every check has held for the whole soak, or the time is up, or what waiting cannot mend is wrong. A failure or another revision starts the
 * soak again; what is on its way at the same revision does not, but the soak does not end before it has arrived.
 */
export async function watch(args: WatchArgs, clock: Clock, signal?: AbortSignal): Promise<WatchResult> {
  const { timeoutMs, intervalMs } = args;
  const state = new WatchState(args, clock.now());
  for (;;) {
    if (signal?.aborted === true) return state.end("it was cancelled");
    const now = clock.now();
    try {
      state.see(await lookOnce(args.checks, state.earlier(now)), now);
      if (state.isDone(now)) return state.pass(now);
      if (state.isHopeless()) return state.end("waiting is in vain");
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
      if (state.lose(error, now) >= LOST_MS) return state.end("the cluster gives no answer any more");
    }
    const left = state.startedAt + timeoutMs - clock.now();
    if (left <= 0) return state.end(`it was not complete after ${timeoutMs / 1_000} s`);
    await clock.sleep(Math.min(intervalMs, left), signal);
  }
}
