/** Joins items with commas and "or": `a`, `a or b`, `a, b or c`. */
export function eitherOf(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} or ${items.at(-1) ?? ""}`;
}
