import { EdgefirstError } from "../../lib/errors.ts";
import { EXIT } from "./exit-codes.ts";

/** Arguments of {@link interruptible}. */
export interface InterruptArgs {
  /** Line to print at the first Ctrl-C. */
  readonly ending: string;
  /** What is left behind, as the error's hint. */
  readonly left: string;
  /** Line to print at each further Ctrl-C, which is then ignored. Without it, a second Ctrl-C stops the process at once. */
  readonly again?: string;
}

/** Signals within this time count as one Ctrl-C: the terminal sends it to every process, and some pass it on. */
const SAME_MS = 500;

/** Lets Ctrl-C or SIGTERM stop the work gracefully through its signal; the exit code is then 130. */
export async function interruptible<T>(
  { ending, left, again }: InterruptArgs,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let interruptedAt = 0;
  const stopListening = (): void => {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  };
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      if (again !== undefined && Date.now() - interruptedAt > SAME_MS) process.stderr.write(`${again}\n`);
      return;
    }
    interruptedAt = Date.now();
    process.stderr.write(`${ending}\n`);
    process.exitCode = EXIT.interrupted;
    controller.abort(new EdgefirstError("Interrupted.", left));
    if (again === undefined) setTimeout(stopListening, SAME_MS).unref();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}
