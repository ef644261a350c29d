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

/** Lets Ctrl-C or SIGTERM stop the work gracefully through its signal; the exit code is then 130. */
export async function interruptible<T>(
  { ending, left, again }: InterruptArgs,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const interrupt = (): void => {
    const first = !controller.signal.aborted;
    process.stderr.write(`${first ? ending : (again ?? "")}\n`);
    if (!first) return;
    process.exitCode = EXIT.interrupted;
    controller.abort(new EdgefirstError("Interrupted.", left));
    if (again === undefined) process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
