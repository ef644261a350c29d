import { EdgefirstError } from "../lib/errors.ts";
import type { StackOnCluster } from "./checks/check.ts";
import { rolloutsCheck } from "./checks/rollouts.ts";

/** Soon enough for someone who is waiting, but not in the middle of a normal rollout. */
const INTERVAL_MS = 5_000;

/** Arguments of {@link reportWaiting}. */
export interface WaitingArgs extends StackOnCluster {
  readonly progress: (line: string, lasting: boolean) => void;
}

/**
 * While the engine waits for a Deployment (up to ten minutes), it reports how many pods are missing but not why. This reports the reason, such as a quota, a
 * webhook that rejects the pods, or an exceeded deadline.
 * @returns a function that stops the reports
 */
export function reportWaiting({ cluster, stack, progress }: WaitingArgs): () => void {
  let reported = "";
  const report = async (): Promise<void> => {
    const { verdicts } = await rolloutsCheck({ cluster, stack }).run();
    const line = verdicts
      .filter(({ state }) => state === "failed")
      .map(({ object, message }) => `${object}: ${message}`)
      .join("; ");
    if (line !== "" && line !== reported) progress(`still waiting for ${line}`, true);
    reported = line;
  };
  const timer = setInterval(() => {
    report().catch((error: unknown) => {
      // The engine itself reports a cluster that does not respond.
      if (!(error instanceof EdgefirstError)) throw error;
    });
  }, INTERVAL_MS);
  // If the update fails, the reports are never stopped, and the timer must not keep the program alive.
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
