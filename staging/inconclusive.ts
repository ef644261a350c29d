import { EdgefirstError } from "../lib/errors.ts";

/** The first word of every message about a result that is unknown. Other programs look for it: the exit code of `pulumi up` is not ours. */
export const INCONCLUSIVE = "Inconclusive";

/** The health of a stack is unknown: its cluster does not answer, credentials have expired, or the check was cancelled. This neither proves nor revokes. */
export class InconclusiveError extends EdgefirstError {
  override readonly name = "InconclusiveError";

  /** @param reason such as `the cluster stopped answering` */
  constructor(reason: string, hint?: string, options?: ErrorOptions) {
    super(`${INCONCLUSIVE}: ${reason}`, hint, options);
  }
}

/** Whether a message of a failed update reports an unknown result. */
export function isInconclusive(message: string): boolean {
  return message.split("\n").some((line) => line.replace(/^- /, "").startsWith(`${INCONCLUSIVE}: `));
}
