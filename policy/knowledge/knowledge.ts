import { shippedRows } from "./load.ts";
import type { Row, TableName } from "./tables.ts";

/** Returns the rows of a table, the ones that win first. */
export type RowSource = <Name extends TableName>(table: Name) => readonly Row<Name>[];

/** What is known about charts and programs: tables that are read when they are first asked for. */
export class Knowledge {
  readonly #source: RowSource;
  readonly #rows = new Map<TableName, readonly unknown[]>();

  constructor(source: RowSource) {
    this.#source = source;
  }

  /** The rows of a table; of two for the same thing, the first counts. */
  rows<Name extends TableName>(table: Name): readonly Row<Name>[] {
    const known: readonly unknown[] = this.#rows.get(table) ?? this.#source(table);
    this.#rows.set(table, known);
    return known as readonly Row<Name>[];
  }
}

/** The tables that edgefirst ships. */
export const SHIPPED = new Knowledge((table) => shippedRows(table));
