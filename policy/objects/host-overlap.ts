/** A part of a hostname: text, a variable, or what may be anything, such as a wildcard's first labels. */
type Part = { readonly text: string } | { readonly variable: string } | "anything";

const PARTS = /\$\{[^}]*\}|\{\{.*?\}\}/g;

/**
 * Whether some host may match both hostnames. A wildcard matches one or more labels; a variable stands for anything, but for the same text in both. The value
 * of a template expression depends on the release, so it may differ.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#listener (hostname)
 */
export function mayOverlap(one: string, other: string): boolean {
  const [left, right] = [partsOf(one), partsOf(other)];
  dropCommonEnd(left, right);
  dropCommonStart(left, right);
  if (conflict(left.at(0), right.at(0)) || conflict(left.at(-1), right.at(-1))) return false;
  return fits(left, right) && fits(right, left);
}

/** Text is split into characters. */
function partsOf(hostname: string): Part[] {
  const isWildcard = hostname.startsWith("*.");
  const rest = isWildcard ? hostname.slice(1) : hostname;
  const characters = (text: string): Part[] => Array.from(text, (character) => ({ text: character }));
  const parts: Part[] = isWildcard ? ["anything"] : [];
  let end = 0;
  for (const { 0: found, index } of rest.matchAll(PARTS)) {
    parts.push(
      ...characters(rest.slice(end, index)),
      found.startsWith("$") ? { variable: found } : "anything",
    );
    end = index + found.length;
  }
  return [...parts, ...characters(rest.slice(end))];
}

function dropCommonEnd(left: Part[], right: Part[]): void {
  while (isSame(left.at(-1), right.at(-1))) {
    left.pop();
    right.pop();
  }
}

/** A variable at the start may be a wildcard, which matches more than itself. */
function dropCommonStart(left: Part[], right: Part[]): void {
  while (textOf(left.at(0)) !== undefined && isSame(left.at(0), right.at(0))) {
    left.shift();
    right.shift();
  }
}

function isSame(one: Part | undefined, other: Part | undefined): boolean {
  if (typeof one !== "object" || typeof other !== "object") return false;
  return "text" in one ? one.text === textOf(other) : "variable" in other && one.variable === other.variable;
}

const textOf = (part: Part | undefined): string | undefined =>
  typeof part === "object" && "text" in part ? part.text : undefined;

const conflict = (one: Part | undefined, other: Part | undefined): boolean =>
  textOf(one) !== undefined && textOf(other) !== undefined;

/** Whether a hostname without variables has the text between the variables of another one, in the same order. */
function fits(given: readonly Part[], pattern: readonly Part[]): boolean {
  const text = given.map(textOf);
  if (text.includes(undefined)) return true;
  let rest = text.join("");
  for (const piece of pattern
    .map((part) => textOf(part) ?? "\n")
    .join("")
    .split("\n")) {
    const at = rest.indexOf(piece);
    if (at === -1) return false;
    rest = rest.slice(at + piece.length);
  }
  return true;
}
