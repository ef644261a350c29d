import { call, currentProcess, scheduler } from "./scheduler.ts";

/** Replaces `node:timers/promises` in staging with timers in simulated time. */
export async function setTimeout(
  ms: number,
  value?: unknown,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  const process = currentProcess();
  await call(process);
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const cancel = scheduler.at(
      scheduler.now + ms,
      () => {
        resolve(value);
      },
      process,
    );
    signal?.addEventListener("abort", () => {
      cancel();
      reject(signal.reason as Error);
    });
  });
}
