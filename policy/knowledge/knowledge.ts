import { shippedRows } from "./load.ts";
import type { Row, TableName } from "./tables.ts";

/** Returns a table's rows, in order of precedence. */
export type RowSource = <Name extends TableName>(table: Name) => readonly Row<Name>[];

/** What is known about charts and programs, as tables that are read on first use. */
export class Knowledge {
  readonly #source: RowSource;
  readonly #rows = new Map<TableName, readonly unknown[]>();

  constructor(source: RowSource) {
    this.#source = source;
  }

  /** A table's rows. If two rows describe the same thing, the first one takes precedence. */
  rows<Name extends TableName>(table: Name): readonly Row<Name>[] {
    const known: readonly unknown[] = this.#rows.get(table) ?? this.#source(table);
    this.#rows.set(table, known);
    return known as readonly Row<Name>[];
  }
}

/** The tables that edgefirst ships. */
export const SHIPPED = new Knowledge((table) => shippedRows(table));
