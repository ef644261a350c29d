import { EdgefirstError } from "../lib/errors.ts";
import type { StackOnCluster } from "./checks/check.ts";
import { rolloutsCheck } from "./checks/rollouts.ts";

/** Well before a person wonders, and seldom enough for a rollout that takes its time. */
const INTERVAL_MS = 5_000;

/**
 * While the engine waits for a Deployment, for ten minutes if need be, it says how many pods are missing and not why. Says so: a quota, a webhook that refuses
 * the pods, a deadline that has passed.
 * @returns ends it
 */
export function reportWaiting(
  args: StackOnCluster & { readonly progress: (line: string, lasting: boolean) => void },
): () => void {
  let said = "";
  const look = async (): Promise<void> => {
    const { verdicts } = await rolloutsCheck(args).look();
    const line = verdicts
      .filter(({ state }) => state === "failed")
      .map(({ object, message }) => `${object}: ${message}`)
      .join("; ");
    if (line !== "" && line !== said) args.progress(`still waiting for ${line}`, true);
    said = line;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      // A cluster that gives no answer is the engine's to report.
      if (!(error instanceof EdgefirstError)) throw error;
    });
  }, INTERVAL_MS);
  // An update that failed resolves nothing any more: the timer must not keep the program.
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
