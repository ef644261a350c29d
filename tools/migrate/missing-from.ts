/** The items of a list that another one lacks, each as often as it lacks them. */
export function missingFrom(list: readonly string[], other: readonly string[]): readonly string[] {
  return missingBy(list, other, (item) => item);
}

/** As {@link missingFrom}, for items that are compared by a key; `other` has the keys. */
export function missingBy<T>(
  list: readonly T[],
  other: readonly string[],
  keyOf: (item: T) => string,
): readonly T[] {
  const left = new Map<string, number>();
  for (const key of other) left.set(key, (left.get(key) ?? 0) + 1);
  return list.filter((item) => {
    const key = keyOf(item);
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}
