/** Marks what a page leaves out of an output: alone on a line, any number of lines; at the end of a line, the rest of that line. */
const ELLIPSIS = "…";

/** Parts that differ between two runs; they are masked on both sides before the comparison. */
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

/** A line with the volatile parts masked and runs of spaces collapsed, because the width of table columns depends on their content. */
export function masked(line: string): string {
  return VOLATILE.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line)
    .replaceAll(/ {2,}/g, " ")
    .trim();
}

/**
 * Compares an output on a page with the real one, line by line and in order. Both must end together.
 * @returns the first difference; undefined if the page is right
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
