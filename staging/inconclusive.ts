import { EdgefirstError } from "../lib/errors.ts";

/** The first word of every message that reports an unknown result. Callers search for it, since the program cannot set the exit code of `pulumi up`. */
export const INCONCLUSIVE = "Inconclusive";

/**
 * The health of a stack is unknown: its cluster does not respond, credentials have expired, or the check was cancelled. Such a result neither verifies nor
 * revokes a release.
 */
export class InconclusiveError extends EdgefirstError {
  override readonly name = "InconclusiveError";

  /** @param reason such as `the cluster stopped responding` */
  constructor(reason: string, hint?: string, options?: ErrorOptions) {
    super(`${INCONCLUSIVE}: ${reason}`, hint, options);
  }
}

/**
 * Whether the message of a failed update reports an unknown result. If a gate also has another reason to refuse, its refusal is not inconclusive: trying again
 * would not help.
 */
export function isInconclusive(message: string): boolean {
  const lines = message.split("\n");
  const reasons = lines.filter((line) => line.startsWith("- "));
  const isUnknown = (line: string): boolean => line.startsWith(`${INCONCLUSIVE}: `);
  return lines.some(isUnknown) || (reasons.length > 0 && reasons.every((line) => isUnknown(line.slice(2))));
}
