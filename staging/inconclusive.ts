import { EdgefirstError } from "../lib/errors.ts";

/** The first word of every message that reports an unknown result. Callers look for it, since the exit code of `pulumi up` cannot be chosen. */
export const INCONCLUSIVE = "Inconclusive";

/**
 * The health of a stack is unknown: its cluster does not respond, credentials have expired, or the check was cancelled. This neither verifies a release nor
 * revokes it.
 */
export class InconclusiveError extends EdgefirstError {
  override readonly name = "InconclusiveError";

  /** @param reason such as `the cluster stopped responding` */
  constructor(reason: string, hint?: string, options?: ErrorOptions) {
    super(`${INCONCLUSIVE}: ${reason}`, hint, options);
  }
}

/** Whether the message of a failed update reports an unknown result. */
export function isInconclusive(message: string): boolean {
  return message.split("\n").some((line) => line.replace(/^- /, "").startsWith(`${INCONCLUSIVE}: `));
}
