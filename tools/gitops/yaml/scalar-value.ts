import { Scalar } from "yaml";
import type { Dialect } from "./schema.ts";

/** Strings that go-yaml's emitter quotes: those with spaces before a newline, or with characters that it does not consider printable. */
const NOT_FOLDED = / (?:\n|$)|[\u{10000}-\u{10ffff}]/u;

/**
 * A scalar's value as it reaches the cluster. Block scalars differ from the YAML specification in two ways: go-yaml adds no newline to a block that ends with
 * the file, and Kustomize writes and re-reads each block scalar, which changes some of them.
 * @param text the file's text, or the text inside another scalar
 * @param dialect what is read as `v2` is not written again
 */
export function scalarValue({ value, type, range }: Scalar, text: string, dialect: Dialect): unknown {
  // The package makes bytes of `!!binary`, which no Kubernetes object contains.
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value !== "string" || (type !== Scalar.BLOCK_LITERAL && type !== Scalar.BLOCK_FOLDED))
    return value;
  const isOpen = range?.[1] === text.length && endsWithContent(text.slice(range[0]));
  const read = isOpen && value.endsWith("\n") ? value.slice(0, -1) : value;
  if (dialect === "v2") return read;
  const written = type === Scalar.BLOCK_FOLDED ? writtenAndRead(read) : read;
  return read.endsWith("\n\n") && range && isBeforeLastComment(text, range) ? `${written}\n` : written;
}

/** Whether the last line of a block is content, which spaces are if they are indented deeper than the first line that has text. */
function endsWithContent(block: string): boolean {
  const [, ...lines] = block.split("\n");
  const last = lines.at(-1) ?? "";
  if (/\S/.test(last)) return true;
  const first = lines.find((line) => /\S/.test(line));
  return first !== undefined && last.length > first.search(/\S/);
}

/**
 * Whether only comments follow a block in the document, which all belong to the block's key. go-yaml writes a blank line before them, which is part of a block that
 * ends with blank lines.
 */
function isBeforeLastComment(text: string, [start, end]: readonly [number, number, ...number[]]): boolean {
  COMMENTS.lastIndex = end;
  const [comments] = COMMENTS.exec(text) ?? [];
  if (comments === undefined) return false;
  const key = indentOf(text.slice(text.lastIndexOf("\n", start) + 1, start));
  const columns = comments
    .split("\n")
    .filter((line) => line.includes("#"))
    .map(indentOf);
  return new Set(columns.map((column) => Math.min(column, key))).size === 1;
}

const COMMENTS = /(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:[ \t]*#[^\n]*)?(?:$|(?=---))/y;

const indentOf = (line: string): number => line.search(/[^ -]|$/);

/**
 * A folded scalar after go-yaml has written and re-read it. go-yaml writes one newline too many before a more indented line, and one too few everywhere if the
 * first line starts with a space. Source: yaml_emitter_write_folded_scalar in emitterc.go.
 */
export function writtenAndRead(value: string): string {
  if (NOT_FOLDED.test(value)) return value;
  const added = /^\n*[ \t]/.test(value) ? 0 : 1;
  return value.replace(/([^\n]+)(\n+)(?=([^\n]?))/g, (whole, line: string, breaks: string, next: string) => {
    if (isBlank(line.charAt(0))) return whole;
    const written = breaks.length + added;
    if (next === "") return breaks.length === 1 ? whole : line + "\n".repeat(written);
    const read = isBlank(next) ? written : written - 1;
    return line + (read === 0 ? " " : "\n".repeat(read));
  });
}

const isBlank = (character: string): boolean => character === " " || character === "\t";
