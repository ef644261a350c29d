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

/** A table with lines on a terminal and without any elsewhere; no colour in either. `numbers`: indices of columns that are aligned to the right. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  framed: boolean,
  numbers: readonly number[] = [],
): string {
  const table = new Table({
    head: [...head],
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
