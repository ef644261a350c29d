import { setTimeout } from "node:timers/promises";

/** How long the CLI may take to say that a Ctrl-C has reached it. */
const INTERRUPT_MS = 1_000;

/**
 * At a terminal, Ctrl-C reaches the CLI beside this process, and a second signal would make it drop what is under way; so the CLI gets one
 * from here only where none has reached it.
 * @param hasReached whether the CLI has said that it was interrupted
 * @returns a signal whose abort sends the CLI an interrupt
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
