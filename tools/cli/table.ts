import Table from "cli-table3";

/** Draws no lines, so that the table reads well in a pipe and in a log. */
const NO_FRAME = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
    "middle",
  ].map((part) => [part, ""]),
);

/** Columns of a terminal. */
const TERMINAL = 80;

/** A table with lines on a terminal and without any elsewhere; no colour in either. `numbers`: indices of columns that are aligned to the right; `widths`: of columns, blanks on both
 * sides included, in which what is longer goes on in the next line. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  framed: boolean,
  numbers: readonly number[] = [],
  widths: readonly (number | null)[] = [],
): string {
  const table = new Table({
    head: [...head],
    colWidths: [...widths],
    wordWrap: widths.length > 0,
    colAligns: head.map((_, index) => (numbers.includes(index) ? "right" : "left")),
    style: {
      head: [],
      border: [],
      compact: true,
      ...(framed ? {} : { "padding-left": 0, "padding-right": 2 }),
    },
    ...(framed ? {} : { chars: NO_FRAME }),
  });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split("\n");
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** A framed table that fits into 80 columns: what is too long in its last column goes on in the next line. */
export function renderFitting(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lengths = head
    .slice(0, -1)
    .map((_, index) => Math.max(...[head, ...rows].map((row) => row[index]?.length ?? 0)));
  // Each column has a line before it and a blank on both sides, and the last one a line after it.
  const left = TERMINAL - 2 - lengths.reduce((sum, length) => sum + length + 3, 0);
  return renderTable(head, rows, true, [], [...lengths.map(() => null), left]);
}
