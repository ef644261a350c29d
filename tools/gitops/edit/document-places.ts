import { commentsIn } from "./comments.ts";
import type { TextEdit } from "./text-edit.ts";

/** The range of a document and the comments above it, starting at its `---`. All numbers are offsets. */
interface DocumentPlace {
  readonly start: number;
  /** The start of the first line that is not a comment. */
  readonly contents: number;
  /** The end of the last line that is not a comment. */
  readonly contentsEnd: number;
  readonly end: number;
}

const SCHEMA = "# yaml-language-server:";

/**
 * Replaces the contents of the document at an offset. Comments above and below the document stay, but the line that names its schema is removed. Undefined if
 * the document shares a line with `---` or ends with `...`.
 */
export function documentReplacement(text: string, offset: number, contents: string): TextEdit | undefined {
  const place = placeOf(text, offset);
  if (!place) return undefined;
  const schema = /# yaml-language-server:[^\n]*\n$/.exec(text.slice(place.start, place.contents));
  const start = place.contents - (schema?.[0].length ?? 0);
  return { start, end: place.contentsEnd, text: withNewlines(contents, text) };
}

/** Adds documents after the one at an offset; undefined in the same cases as {@link documentReplacement}. */
export function documentInsertion(text: string, offset: number, contents: string): TextEdit | undefined {
  const place = placeOf(text, offset);
  if (!place) return undefined;
  const separator = text.slice(0, place.end).endsWith("\n") ? "" : "\n";
  return { start: place.end, end: place.end, text: withNewlines(`${separator}---\n${contents}`, text) };
}

/** The texts of the documents in a file, each from its `---` to the next one. */
export function documentTexts(text: string): readonly string[] {
  return text.split(/^(?=---(?:\s|$))/m);
}

/** Removes the documents that begin at these offsets, along with their `---` and comments. Undefined if only comments would be left. */
export function documentRemovals(text: string, offsets: readonly number[]): readonly TextEdit[] | undefined {
  let end = 0;
  const parts = documentTexts(text).map((part) => {
    const start = end;
    end += part.length;
    return {
      part,
      start,
      end,
      goes: offsets.some((offset) => start <= offset && offset < start + part.length),
    };
  });
  const isEmpty = (part: string): boolean => part.replace(/^---/, "").replace(/#.*$/gm, "").trim() === "";
  if (parts.every(({ part, goes }) => goes || isEmpty(part))) return undefined;
  return parts.filter(({ goes }) => goes).map((part) => ({ start: part.start, end: part.end, text: "" }));
}

/** Whether {@link documentReplacement} and its siblings can edit the document at an offset. */
export function isOwnDocument(text: string, offset: number): boolean {
  return placeOf(text, offset) !== undefined;
}

/** The comments that are lost if the document at an offset, or only its contents, is removed. The line that names the schema does not count. */
export function documentComments(text: string, offset: number, contentsOnly: boolean): readonly string[] {
  const range = documentRange(text, offset, contentsOnly);
  return range ? commentsIn(text.slice(...range)).filter((comment) => !comment.startsWith(SCHEMA)) : [];
}

/** The offsets of the document at an offset, or only of its contents. */
export function documentRange(
  text: string,
  offset: number,
  contentsOnly: boolean,
): readonly [start: number, end: number] | undefined {
  const place = placeOf(text, offset);
  if (!place) return undefined;
  return contentsOnly ? [place.contents, place.contentsEnd] : [place.start, place.end];
}

function placeOf(text: string, offset: number): DocumentPlace | undefined {
  if (/^(?:---[ \t]+[^#\s]|\.\.\.)/m.test(text)) return undefined;
  const starts = [0, ...[...text.matchAll(/^---/gm)].map(({ index }) => index), text.length];
  const contents = contentsStart(text, offset);
  const next = starts.findIndex((start) => start > (contents ?? Infinity));
  const [start, end] = [starts[next - 1], starts[next]];
  if (contents === undefined || start === undefined || end === undefined) return undefined;
  const lines = text.slice(contents, end).split(/(?<=\n)/);
  const last = lines.findLastIndex((line) => line.trim() !== "" && !line.startsWith("#"));
  return { start, contents, contentsEnd: contents + lines.slice(0, last + 1).join("").length, end };
}

/** The start of the first line at or after an offset that is neither `---`, a comment, a directive nor blank. */
function contentsStart(text: string, offset: number): number | undefined {
  const found = /^(?!---|#|%|[ \t]*\r?$)/m.exec(text.slice(offset));
  return found && offset + found.index < text.length ? offset + found.index : undefined;
}

function withNewlines(lines: string, text: string): string {
  return text.includes("\r\n") ? lines.replace(/\r?\n/g, "\r\n") : lines;
}
