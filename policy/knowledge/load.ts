import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Row, TableName } from "./tables.ts";

/** Returns the text of the shipped file with this name, such as `charts.yaml`. */
export type ReadText = (file: string) => string;

let readText: ReadText = (file) => readFileSync(join(import.meta.dirname, file), "utf8");

/**
 * Sets how the shipped files are read. By default they are next to this module; a bundle that embeds them, or has them in another directory, must call this
 * function before it reads a row.
 */
export function readKnowledgeFrom(read: ReadText): void {
  readText = read;
}

/** The text of a shipped table. */
export function shippedText(table: TableName): string {
  return readText(`${table}.yaml`);
}

/**
 * The rows of a shipped table. They are not validated here, because that would slow down every run; `npm run check` and the tests validate them.
 * @param parseText parses YAML; a host may pass a faster parser than the default
 */
export function shippedRows<Name extends TableName>(
  table: Name,
  parseText: (text: string) => unknown = parse,
): readonly Row<Name>[] {
  return parseText(shippedText(table)) as readonly Row<Name>[];
}
