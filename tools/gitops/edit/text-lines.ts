import { isSeq } from "yaml";
import { isSchemaComment, isSwitchedOffItem } from "./comments.ts";
import { contentEnd, type EntryPlace } from "./entry-places.ts";

/** Offsets at which something starts and ends. */
export type TextRange = readonly [start: number, end: number];

/** Finds the lines of a YAML text that an edit has to touch. */
export class TextLines {
  readonly #text: string;
  readonly #newline: string;

  constructor(text: string, newline: string) {
    this.#text = text;
    this.#newline = newline;
  }

  /** The offset at which the line that contains an offset starts. */
  startOf(offset: number): number {
    return this.#text.lastIndexOf("\n", offset - 1) + 1;
  }

  /** The column of an entry, from 0. */
  columnOf({ start }: EntryPlace): number {
    return start - this.startOf(start);
  }

  /** Whether an entry is the first thing on its line. */
  isFirstOnLine({ start }: EntryPlace): boolean {
    return this.#text.slice(this.startOf(start), start).trim() === "";
  }

  /**
   * The start of an entry's first line, or of the comments right above it at its indentation. A list item that is commented out is an entry
   * of its own.
   */
  startWithComments({ start }: EntryPlace): number {
    const lineStart = this.startOf(start);
    const column = start - lineStart;
    const isItem = this.#text.startsWith("-", start);
    let from = lineStart;
    while (from > 0) {
      const above = this.startOf(from - 1);
      const line = this.#text.slice(above, from);
      if (!line.startsWith(`${" ".repeat(column)}#`) || isSchemaComment(line)) break;
      if (isItem && isSwitchedOffItem(line.trim())) return this.#afterItem(line, from);
      from = above;
    }
    return from;
  }

  /**
   * The end of the comments at an offset that belong to the list item above them, which is commented out: they are indented at least as deep as
   * what follows its dash.
   */
  #afterItem(item: string, offset: number): number {
    let after = offset;
    for (;;) {
      const next = this.#text.indexOf("\n", after) + 1 || this.#text.length;
      const line = this.#text.slice(after, next);
      if (!/^ *#/.test(line) || textColumn(line) < textColumn(item) + DASH.length) return after;
      after = next;
    }
  }

  /** The end of the last line of an entry, including comments below it that are indented deeper, since they belong to the entry's contents. */
  endOf(place: EntryPlace): number {
    const { start, value, key } = place;
    const end = contentEnd(value) ?? key?.range?.[1] ?? start;
    const trimmed = this.#text.slice(0, end).trimEnd().length;
    const lineEnd = this.#text.indexOf("\n", Math.max(trimmed, start));
    if (lineEnd < 0) return this.#text.length;
    const column = this.columnOf(place);
    return this.#afterComments(lineEnd + 1, column, this.#itemsAt(place) === column);
  }

  /** The column of the dashes of a list, which may be that of its key; undefined if there are none. */
  #itemsAt({ key, value }: EntryPlace): number | undefined {
    const first = isSeq(value) && value.flow !== true ? value.range?.[0] : undefined;
    return key === undefined || first === undefined ? undefined : first - this.startOf(first);
  }

  /**
   * The end of the comments at an offset that are indented deeper than a column, including blank lines between them but not after them.
   * @param withItems whether list items that are commented out in that column count as well
   */
  #afterComments(offset: number, column: number, withItems: boolean): number {
    let after = offset;
    for (let line = offset; line < this.#text.length;) {
      const next = this.#text.indexOf("\n", line) + 1 || this.#text.length;
      const content = this.#text.slice(line, next);
      const hash = /^[ ]*#/.test(content) ? content.indexOf("#") : -1;
      const isItem = withItems && hash === column && isSwitchedOffItem(content.trim());
      if (hash > column) after = next;
      else if (isItem) after = this.#afterItem(content, next);
      else if (content.trim() !== "") break;
      line = Math.max(next, after);
    }
    return after;
  }

  /** The offset from which to remove text up to `end`: if there are blank lines on both sides, it includes the one above, so that only one remains. */
  withBlankLine(start: number, end: number): number {
    const above = this.startOf(start - 1);
    const isBlank = start > 0 && this.#text.slice(above, start).trim() === "";
    const next = this.#text.indexOf("\n", end);
    const after = this.#text.slice(end, next < 0 ? undefined : next);
    return isBlank && after.trim() === "" ? above : start;
  }

  /** Whether there is a blank line above an entry and its comments. */
  isBelowBlank(place: EntryPlace): boolean {
    const start = this.startWithComments(place);
    return start > 0 && this.#text.slice(this.startOf(start - 1), start).trim() === "";
  }

  /** The most blank lines in a row between an offset and the line of another one, except those within `without`. */
  blankLinesBetween(from: number, to: number, without: readonly TextRange[]): number {
    const end = this.startOf(to);
    let most = 0;
    let run = 0;
    // The rest of the line on which a comment ends is no line.
    let line = this.startOf(from) === from ? from : this.#text.indexOf("\n", from) + 1;
    while (line < end) {
      const next = this.#text.indexOf("\n", line) + 1;
      const isWithin = without.some(([start, after]) => this.startOf(start) <= line && line < after);
      run = !isWithin && this.#text.slice(line, next).trim() === "" ? run + 1 : 0;
      most = Math.max(most, run);
      line = next;
    }
    return most;
  }

  /** Number of spaces and tabs at an offset. */
  blanksAt(offset: number): number {
    return /^[ \t]*/.exec(this.#text.slice(offset))?.[0].length ?? 0;
  }

  /** Indents lines to a column, and gives them the file's line endings. */
  indented(lines: string, column: number): string {
    return lines
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => (line === "" ? "" : " ".repeat(column) + line) + this.#newline)
      .join("");
  }
}

/** What begins a list item. */
const DASH = "- ";

/** The column of the text in a line that is commented out. */
const textColumn = (line: string): number => /^ *#+ */.exec(line)?.[0].length ?? 0;
