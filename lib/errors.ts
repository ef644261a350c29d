/**
 * An error that the user can act on. `message` says what happened, where and why; `hint` says what to do now. Every error that edgefirst throws on purpose is
 * one of these; any other error is a bug.
 */
export class EdgefirstError extends Error {
  override readonly name: string = "EdgefirstError";
  /** What to do now, in full sentences; may span several lines. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(hint === undefined ? message : `${message}\n${hint}`, options);
    this.hint = hint;
  }
}

/** What was thrown, as text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
