import { setTimeout } from "node:timers/promises";

/** How long the CLI may take to report that a Ctrl-C has reached it. */
const INTERRUPT_MS = 1_000;

/**
 * At a terminal, Ctrl-C reaches both this process and the CLI, and a second signal would make the CLI abandon the operations in progress.
 * So the signal is forwarded only if the CLI has not received it.
 * @param hasReached whether the CLI has reported an interrupt
 * @returns a signal that interrupts the CLI when it aborts
 */
export function interruption(signal: AbortSignal, hasReached: () => boolean): AbortSignal {
  signal.throwIfAborted();
  const toCli = new AbortController();
  const forward = async (): Promise<void> => {
    await setTimeout(INTERRUPT_MS);
    if (!hasReached()) toCli.abort();
  };
  signal.addEventListener("abort", () => void forward(), { once: true });
  return toCli.signal;
}
