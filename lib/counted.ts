/** A count with its noun, as in `1 file` or `2 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** The first names of a list, and how many more there are, for a message that may not be long. */
export function firstOf(names: readonly string[], most = 5): string {
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(", ")}${more}`;
}

/** Names after their noun, as in `file a` or `files a, b`. */
export function named(names: readonly string[], noun: string, plural = `${noun}s`): string {
  return `${names.length === 1 ? noun : plural} ${names.join(", ")}`;
}

/** Names and what follows them, as in `a is` or `a, b are`. */
export function agreeing(names: readonly string[], one: string, many: string): string {
  return `${names.join(", ")} ${names.length === 1 ? one : many}`;
}
