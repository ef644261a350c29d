/** A template that is not valid, that fails, or that needs what is {@link notSupported}. */
export class TemplateError extends Error {
  /** What is not supported here, if that is why; Go may well run the template. */
  readonly construct: string | undefined;

  constructor(message: string, construct?: string) {
    super(message);
    this.construct = construct;
  }
}

/** The error for what is not supported here. */
export function notSupported(construct: string): TemplateError {
  return new TemplateError(`${construct} is not supported`, construct);
}
