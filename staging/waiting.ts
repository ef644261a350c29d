import { EdgefirstError } from "../lib/errors.ts";
import type { StackOnCluster } from "./checks/check.ts";
import { rolloutsCheck } from "./checks/rollouts.ts";

/** Short enough for a person who is waiting, and long enough that most normal rollouts are not reported. */
const INTERVAL_MS = 5_000;

/** Arguments of {@link reportWaiting}. */
export interface WaitingArgs extends StackOnCluster {
  readonly progress: (line: string, lasting: boolean) => void;
}

/**
 * Reports why pods are missing: for example, a quota, a webhook that rejects the pods, or an exceeded deadline. While the engine waits for a Deployment
 * (up to ten minutes), it reports only how many pods are missing.
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
