import type { ScalarType } from "./schema.ts";

/** A position in a text file. Line and column start at 1; a column counts UTF-16 code units. */
export interface Position {
  /** Relative to the repository's root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Text from a file; maps an offset in the text to a position in the file. */
export interface SourceText {
  /** Relative to the repository's root, with forward slashes. */
  readonly file: string;
  readonly text: string;
  /** Set if the file is in UTF-16, of which Flux reads only the first document: Kustomize looks for the others' separators in the bytes. Source: splitDocuments in its kyaml/kio/byteio_reader.go. */
  readonly isWide?: boolean;
  /** The position in the file that corresponds to an offset (in UTF-16 code units). */
  locate(offset: number): Position;
}

/** Where a field of an object was written. */
export interface Origin {
  readonly source: SourceText;
  /** Offset of the field's key, the list element or the document. */
  readonly offset: number;
  /** Offset of the field's value, if it is on the same line as the key. */
  readonly valueOffset?: number;
  /**
   * The style of the mapping that contains the value; set only if the value is null because it was left blank. Kustomize drops such a field when it patches
   * the object.
   */
  readonly blank?: "block" | "flow";
  /** How the scalar is written; set only if the source does not show it, for example because a patch has replaced the scalar. */
  readonly style?: ScalarStyle;
  /** Whether Kustomize has set the string itself, without a type: without quotes, what a replacement writes in its place is read as YAML. */
  readonly isUntyped?: true;
  /** The text of the scalar; set only if neither its value nor the source shows it. */
  readonly text?: string;
  /** The type of the scalar; set only if neither its text nor its style shows it. */
  readonly type?: ScalarType;
  /** Whether the type is written before the text, which then has this type even in quotes. */
  readonly isTagged?: true;
  /** The text of a folded scalar as read; set only if it becomes another text when Kustomize writes and re-reads it. */
  readonly asRead?: string;
  /** Offset of the first key that a mapping has twice; set only where such a mapping can be read. */
  readonly repeatedKey?: number;
  /** Set if Kustomize holds the scalar in several fields of an object at once; each of them has the same symbol. */
  readonly shared?: symbol;
}

/** Where an entry was written, without how. */
export function placeOf({
  source,
  offset,
  valueOffset,
}: Origin): Pick<Origin, "source" | "offset" | "valueOffset"> {
  return { source, offset, ...(valueOffset !== undefined && { valueOffset }) };
}

/** How a scalar is written: without quotes, in quotes, or as a block. */
export type ScalarStyle = "plain" | "quoted" | "literal" | "folded";

/** How the scalar with this value and origin is written. */
export function styleOf(
  value: unknown,
  { source, offset, valueOffset = offset, style }: Origin,
): ScalarStyle {
  if (style !== undefined) return style;
  if (typeof value !== "string") return "plain";
  const [, sign] = /^(?:[!&]\S*\s+)*(["'|>])/.exec(source.text.slice(valueOffset, valueOffset + 100)) ?? [];
  if (sign === undefined) return "plain";
  return sign === "|" ? "literal" : sign === ">" ? "folded" : "quoted";
}

/** The position of an origin in its file. */
export function locate({ source, offset }: Origin): Position {
  return source.locate(offset);
}

/** The file and the offset of an origin as one string. */
export const originKey = ({ source, offset }: Origin): string => `${source.file}:${offset}`;

/** A whole file. */
export class SourceFile implements SourceText {
  readonly file: string;
  readonly text: string;
  readonly isWide: boolean;
  #lineStarts: readonly number[] | undefined;

  constructor(file: string, text: string, isWide = false) {
    this.file = file;
    this.text = text;
    this.isWide = isWide;
  }

  locate(offset: number): Position {
    this.#lineStarts ??= lineStarts(this.text);
    const line = lastAtMost(this.#lineStarts, offset);
    return { file: this.file, line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) + 1 };
  }
}

/** The start of a file whose text does not matter. */
export const startOf = (file: string): Origin => ({ source: new SourceFile(file, ""), offset: 0 });

/** Matches the header of a literal block, its leading blank lines, and its indentation. */
const LITERAL_HEADER = /^\|[-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n((?:[ \t]*\r?\n)*)( *)/;

/** Text inside a scalar of another source, such as an inline patch. */
export class EmbeddedText implements SourceText {
  readonly file: string;
  readonly text: string;
  readonly #outer: Origin;
  #lineStarts: readonly number[] | undefined;

  constructor(text: string, outer: Origin) {
    this.file = outer.source.file;
    this.text = text;
    this.#outer = outer;
  }

  /** The position is exact in a literal block (`|`). In any other scalar, lines may be folded, so it is the position of the scalar itself. */
  locate(offset: number): Position {
    const { source, offset: key, valueOffset = key } = this.#outer;
    const start = source.locate(valueOffset);
    const header = LITERAL_HEADER.exec(source.text.slice(valueOffset));
    if (header?.[2] === undefined) return start;
    const leadingBlankLines = (header[1] ?? "").split("\n").length - 1;
    this.#lineStarts ??= lineStarts(this.text);
    const line = lastAtMost(this.#lineStarts, offset);
    const firstContentLine = this.text.length - this.text.replace(/^\n+/, "").length;
    const column = offset - (this.#lineStarts[line] ?? 0) + 1 + header[2].length;
    return { file: this.file, line: start.line + 1 + leadingBlankLines - firstContentLine + line, column };
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let index = text.indexOf("\n"); index >= 0; index = text.indexOf("\n", index + 1))
    starts.push(index + 1);
  return starts;
}

/** Index of the last number in a sorted list that does not exceed a limit. */
function lastAtMost(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
