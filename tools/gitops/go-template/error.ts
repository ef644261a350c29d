/** A template that is not valid, or that fails. */
export class TemplateError extends Error {
  /** What is not supported here, if that is why; Go may well run the template. */
  readonly construct: string | undefined;

  constructor(message: string, construct?: string) {
    super(message);
    this.construct = construct;
  }
}
