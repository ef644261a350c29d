import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { Knowledge, SHIPPED } from "./knowledge.ts";
import { parseRows, type TableError } from "./rows.ts";
import { isTableName, TABLE_NAMES, type Row, type TableName } from "./tables.ts";

/** The directory with the owner's rows, both in a GitOps repository and in a stack's project. */
export const OWNER_DIRECTORY = ".edgefirst/knowledge";

/** The directory of the Pulumi project, which contains both the program and its policy pack. */
export const PROJECT = join(import.meta.dirname, "../..");

/** A file with an owner's rows. */
export interface OwnerFile {
  /** Path, relative to the repository or the project. */
  readonly file: string;
  readonly text: string;
}

/** A file with an owner's rows, with the checksum that the evidence records. */
export interface OwnerRows {
  readonly file: string;
  /** SHA-256 of the text with `\n` line endings, in hexadecimal. */
  readonly sha256: string;
  /** Number of rows. */
  readonly rows: number;
}

/**
 * The shipped tables, extended with an owner's rows, which take precedence.
 * @param shipped the tables without the owner's rows
 * @throws {EdgefirstError} listing every error in every file, each with its location
 */
export function withOwnerRows(files: readonly OwnerFile[], shipped = SHIPPED): Knowledge {
  if (files.length === 0) return shipped;
  const own = new Map(parsedFiles(files).map(({ table, rows }) => [table, rows]));
  return new Knowledge(<Name extends TableName>(table: Name) => [
    ...((own.get(table) ?? []) as readonly Row<Name>[]),
    ...shipped.rows(table),
  ]);
}

/**
 * The knowledge for a repository or project: the shipped tables and the rows in its {@link OWNER_DIRECTORY}.
 * @throws {EdgefirstError} listing every error in every file, each with its location
 */
export function knowledgeFor(directory: string): Knowledge {
  return withOwnerRows(ownerFiles(directory));
}

/**
 * The files with an owner's rows in a repository or project.
 * @throws {EdgefirstError} listing every error in every file, each with its location
 */
export function ownerRows(directory: string): readonly OwnerRows[] {
  return parsedFiles(ownerFiles(directory)).map(({ file, text, rows }) => ({
    file,
    sha256: createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex"),
    rows: rows.length,
  }));
}

/** Whether a file's name has the form of a table's, even if no such table exists. */
export function isOwnerFile(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

function ownerFiles(directory: string): readonly OwnerFile[] {
  const path = join(directory, OWNER_DIRECTORY);
  return namesIn(path)
    .filter(isOwnerFile)
    .sort()
    .map((name) => ({ file: `${OWNER_DIRECTORY}/${name}`, text: readFileSync(join(path, name), "utf8") }));
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new EdgefirstError(
      `${path} cannot be read: ${(error as Error).message}`,
      `Make ${OWNER_DIRECTORY} a readable directory, or remove it.`,
      { cause: error },
    );
  }
}

interface ParsedFile extends OwnerFile {
  readonly table: TableName;
  readonly rows: readonly Row<TableName>[];
}

function parsedFiles(files: readonly OwnerFile[]): readonly ParsedFile[] {
  const errors: TableError[] = [];
  const parsed = files.flatMap(({ file, text }): ParsedFile[] => {
    const name = file.slice(file.lastIndexOf("/") + 1);
    const table = name.replace(/\.yaml$/, "");
    if (!isTableName(table)) {
      const names = TABLE_NAMES.map((known) => `${known}.yaml`).join(", ");
      errors.push({ place: file, message: `there is no table named ${name}; the tables are ${names}` });
      return [];
    }
    const result = parseRows(table, text, file);
    if ("rows" in result) return [{ file, text, table, rows: result.rows }];
    errors.push(...result.errors);
    return [];
  });
  if (errors.length === 0) return parsed;
  throw new EdgefirstError(
    `Rows in ${OWNER_DIRECTORY} are not valid:\n${errors.map(({ place, message }) => `  ${place}: ${message}`).join("\n")}`,
    "docs/reference/knowledge.md describes each table.",
  );
}
