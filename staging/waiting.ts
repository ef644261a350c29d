import { EdgefirstError } from "../lib/errors.ts";
import type { StackOnCluster } from "./checks/check.ts";
import { rolloutsCheck } from "./checks/rollouts.ts";

/** Early enough for a person who wonders, late enough for a normal rollout. */
const INTERVAL_MS = 5_000;

/** Arguments of {@link reportWaiting}. */
export interface WaitingArgs extends StackOnCluster {
  readonly progress: (line: string, lasting: boolean) => void;
}

/**
 * While the engine waits for a Deployment, for up to ten minutes, it reports how many pods are missing but not why. This reports the reason: a quota, a webhook
 * that rejects the pods, an exceeded deadline.
 * @returns stops the reports
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
      // The engine itself reports a cluster that does not answer.
      if (!(error instanceof EdgefirstError)) throw error;
    });
  }, INTERVAL_MS);
  // A failed update never calls stop: the timer must not keep the program alive.
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
