/** How many charts a note names. */
const NAMED = 5;

/** The first names of a list, and how many more there are. */
export function firstOf(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).join(", ")}${more}`;
}
