/** What a page may leave out of an output: a line of its own stands for any lines, at the end of a line for the rest of it. */
const ELLIPSIS = "…";

/** What differs between two runs: each is masked on both sides before they are compared. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, "<time>"],
  [/\b(?:\d+ms|\d+(?:\.\d+)?s|\d+m(?:\d+s)?|\d+h(?:\d+m)?)\b(?: ago)?/g, "<duration>"],
  [/\b\d+ (?:s|seconds?|min|minutes?|hours?)\b/g, "<duration>"],
  [/\bjust now\b/g, "<duration>"],
  [/\b[0-9a-f]{7,64}\b/g, "<hash>"],
  [/file:\/\/\S+/g, "<backend>"],
  [/(?<=Logged in to )\S+ as \S+/g, "<host> as <user>"],
  [/@ \S+ at \S+/g, "<user> at <host>"],
];

/** A line without what differs between two runs, its runs of spaces as one: a table's columns are as wide as what is in them. */
export function masked(line: string): string {
  return VOLATILE.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line)
    .replaceAll(/ {2,}/g, " ")
    .trim();
}

/**
 * The first line of a page's output that the real one does not have, in order; undefined where the page is right. The end of the page's output must be
 * the end of the real one.
 */
export function firstDifference(page: string, real: string): string | undefined {
  const left = lines(real);
  let skips = false;
  for (const expected of lines(page)) {
    if (expected === ELLIPSIS) {
      skips = true;
      continue;
    }
    const at = left.findIndex((line) => matches(expected, line));
    if (at === -1 || (at > 0 && !skips)) return `expected: ${expected}\nbut found: ${left[0] ?? "the end"}`;
    left.splice(0, at + 1);
    skips = false;
  }
  return left.length > 0 && !skips ? `expected the end, but found: ${left[0] ?? ""}` : undefined;
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map(masked)
    .filter((line) => line !== "");
}

function matches(expected: string, line: string): boolean {
  return expected.endsWith(ELLIPSIS) ? line.startsWith(expected.slice(0, -1)) : line === expected;
}
