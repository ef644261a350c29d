import Table from "cli-table3";

/** No borders, so that the table stays readable when it is piped or logged. */
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

/** Width of a terminal in columns. */
const TERMINAL = 80;

/** How {@link renderTable} draws a table. */
export interface TableStyle {
  /** With borders, for a terminal. */
  readonly framed: boolean;
  /** Indices of the columns that are aligned to the right. */
  readonly numbers?: readonly number[];
  /** Width of each column including padding; longer text wraps. null: as wide as its text. */
  readonly widths?: readonly (number | null)[];
}

/** A table without colour; without borders unless it is framed. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { framed, numbers = [], widths = [] }: TableStyle,
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

/** A framed table of at most 80 columns: long text in the last column wraps. */
export function renderFitting(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lengths = head
    .slice(0, -1)
    .map((_, index) => Math.max(...[head, ...rows].map((row) => row[index]?.length ?? 0)));
  // Each column adds a border and two spaces; one more border closes the table.
  const left = TERMINAL - 2 - lengths.reduce((sum, length) => sum + length + 3, 0);
  return renderTable(head, rows, { framed: true, widths: [...lengths.map(() => null), left] });
}
