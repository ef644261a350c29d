/** An object without its fields that are undefined, so that plain data compares and prints as what is applied. */
export function withoutUndefined(fields: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
