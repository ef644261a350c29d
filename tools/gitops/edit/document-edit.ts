/** Changes of whole documents of a YAML file, which is otherwise left as it is. */

/** A document with what stands above it, from its `---` on; all numbers are offsets. */
interface Place {
  readonly start: number;
  /** Its first line that is no comment. */
  readonly contents: number;
  /** After its last line that is no comment. */
  readonly contentsEnd: number;
  readonly end: number;
}

const SCHEMA = "# yaml-language-server:";

/** The text with other contents of the document at an offset; comments above and below stay, but for the line that names its schema. */
export function replaceDocument(text: string, offset: number, contents: string): string | undefined {
  const place = placeOf(text, offset);
  if (!place) return undefined;
  const schema = /# yaml-language-server:[^\n]*\n$/.exec(text.slice(place.start, place.contents));
  const from = place.contents - (schema?.[0].length ?? 0);
  return text.slice(0, from) + withNewlines(contents, text) + text.slice(place.contentsEnd);
}

/** The text with more documents after the one at an offset. */
export function insertAfterDocument(text: string, offset: number, contents: string): string | undefined {
  const place = placeOf(text, offset);
  if (!place) return undefined;
  const before = text.slice(0, place.end);
  const separator = before.endsWith("\n") ? "" : "\n";
  return before + withNewlines(`${separator}---\n${contents}`, text) + text.slice(place.end);
}

/** The text without the document at an offset, unless it is the only one. */
export function removeDocument(text: string, offset: number): string | undefined {
  return placeOf(text, offset) && removeDocuments(text, [offset]);
}

/**
 * The text without the documents that begin at these offsets, each with its `---` and the comments between; undefined where
 * nothing but comments would be left.
 */
export function removeDocuments(text: string, offsets: readonly number[]): string | undefined {
  const parts = text.split(/^(?=---(?:\s|$))/m);
  let start = 0;
  const kept = parts.filter((part) => {
    const end = start + part.length;
    const goes = offsets.some((offset) => start <= offset && offset < end);
    start = end;
    return !goes;
  });
  const isEmpty = (part: string): boolean => part.replace(/^---/, "").replace(/#.*$/gm, "").trim() === "";
  return kept.every(isEmpty) ? undefined : kept.join("");
}

/** The comments that go with the document at an offset, or with what it holds, where that alone is replaced; one that names its schema is not told. */
export function commentsOfDocument(text: string, offset: number, replaced: boolean): readonly string[] {
  const place = placeOf(text, offset);
  if (!place) return [];
  const lines = replaced ? text.slice(place.contents, place.contentsEnd) : text.slice(place.start, place.end);
  return commentsIn(lines).filter((comment) => !comment.startsWith(SCHEMA));
}

/** What looks like a comment in some lines of YAML. */
export function commentsIn(lines: string): readonly string[] {
  return lines.split(/\r?\n/).flatMap((line) => /(?:^|\s)(#.*)$/.exec(line)?.[1] ?? []);
}

/** Undefined where a document starts on the line of its `---`, or ends with `...`. */
function placeOf(text: string, offset: number): Place | undefined {
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

/** Where the first line at or after an offset starts that is a document's own. */
function contentsStart(text: string, offset: number): number | undefined {
  const found = /^(?!---|#|%|[ \t]*\r?$)/m.exec(text.slice(offset));
  return found && offset + found.index < text.length ? offset + found.index : undefined;
}

function withNewlines(lines: string, text: string): string {
  return text.includes("\r\n") ? lines.replace(/\r?\n/g, "\r\n") : lines;
}
