/** A copy of an object without the named fields, which must be optional ones. */
export function omit<T extends object>(object: T, ...names: readonly string[]): T {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))) as T;
}

/** A copy of an object without its undefined fields, so that it compares and prints like the object that is applied. */
export function omitUndefined(object: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
