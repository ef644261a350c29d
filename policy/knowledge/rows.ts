import { LineCounter, type Document } from "yaml";
import { parseDocument } from "../../lib/quiet-yaml.ts";
import { rowSchema, type Row, type TableName } from "./tables.ts";

/** An error in a table's text, with its location. */
export interface TableError {
  /** `file:line:column`. */
  readonly place: string;
  readonly message: string;
}

/** The rows in a table's text, or all its errors. */
export type ParsedRows<Name extends TableName> =
  { readonly rows: readonly Row<Name>[] } | { readonly errors: readonly TableError[] };

/** @param file the file name to show in errors */
export function parseRows<Name extends TableName>(table: Name, text: string, file: string): ParsedRows<Name> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    return {
      errors: document.errors.map(({ message, pos }) => ({
        place: placeAt(pos[0]),
        message: message.split(/\n| at line /)[0] ?? message,
      })),
    };
  const result = rowSchema(table)
    .array()
    .safeParse(document.toJS() ?? []);
  if (result.success) return { rows: result.data as readonly Row<Name>[] };
  return {
    errors: result.error.issues.map(({ path, message }) => ({
      place: placeAt(offsetOf(document, path)),
      message: `${fieldAt(path)}: ${message}`,
    })),
  };
}

/** The path of a field within its row. The error's location identifies the row. */
function fieldAt([row, ...path]: readonly PropertyKey[]): string {
  if (row === undefined) return "the file";
  return path.length === 0 ? "the row" : path.map(String).join(".");
}

/** The offset of the value at a path, or of its nearest existing ancestor. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as
      { readonly range?: readonly number[] } | undefined;
    if (node?.range?.[0] !== undefined) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

/** The line numbers, counted from 1, on which a table's rows start. */
export function rowLines(text: string): readonly number[] {
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines });
  const items = (contents as { readonly items?: readonly { readonly range?: readonly number[] }[] } | null)
    ?.items;
  return (items ?? []).map(({ range }) => lines.linePos(range?.[0] ?? 0).line);
}
