/** A line that an editor has commented out in the first column: behind the `#` is the line with its own indentation. */
const SWITCHED_OFF = /^#\s{2,}\S/;

/** The new text of a file in which lines that were commented out in the first column are there again, so that they fit once their `#` is gone. */
export function inFirstColumn(before: string, after: string): string {
  const lines = before.split("\n");
  const indented = new Set(lines.filter((line) => /^\s+#/.test(line)).map((line) => line.trim()));
  const own = new Set(lines.filter((line) => SWITCHED_OFF.test(line)).map((line) => line.trim()));
  return after
    .split("\n")
    .map((line) => {
      const comment = line.trimStart();
      const key = comment.trimEnd();
      return own.has(key) && !indented.has(key) ? comment : line;
    })
    .join("\n");
}
