import { shippedText } from "../../policy/knowledge/load.ts";
import { parseRows, rowLines } from "../../policy/knowledge/rows.ts";
import { TABLE_NAMES, type TableName } from "../../policy/knowledge/tables.ts";

/** The problems in the shipped tables, one per line, each with its location. */
export interface KnowledgeReport {
  /** Rows whose source was read more than a year ago. */
  readonly outdated: readonly string[];
  /** Rows that are not valid. */
  readonly malformed: readonly string[];
}

/**
 * Checks every shipped table.
 * @param textOf returns a table's text
 */
export function checkKnowledge(
  today: Date,
  textOf: (table: TableName) => string = shippedText,
): KnowledgeReport {
  const yearAgo = new Date(today);
  yearAgo.setUTCFullYear(today.getUTCFullYear() - 1);
  const oldest = yearAgo.toISOString().slice(0, 10);
  const outdated: string[] = [];
  const malformed: string[] = [];
  for (const table of TABLE_NAMES) {
    const file = `policy/knowledge/${table}.yaml`;
    const text = textOf(table);
    const parsed = parseRows(table, text, file);
    if ("errors" in parsed) {
      malformed.push(...parsed.errors.map(({ place, message }) => `${place}: ${message}`));
      continue;
    }
    const lines = rowLines(text);
    for (const [index, { date, source }] of parsed.rows.entries())
      if (date < oldest)
        outdated.push(
          `${file}:${lines[index] ?? 1}: warning: ${source} was last read on ${date}, more than a year ago. Read it again and update the row.`,
        );
  }
  return { outdated, malformed };
}

if (import.meta.main) {
  const { outdated, malformed } = checkKnowledge(new Date());
  for (const line of outdated) console.warn(line);
  for (const line of malformed) console.error(line);
  if (malformed.length > 0) process.exitCode = 1;
}
