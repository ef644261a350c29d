import { Scalar } from "yaml";

/** What go-yaml's emitter takes for a reason to quote: blanks before a line's end, and what it does not call printable. */
const NOT_FOLDED = / (?:\n|$)|[\u{10000}-\u{10ffff}]/u;

/**
 * A scalar's value as it reaches the cluster. Of block scalars that is in two points not what YAML says: go-yaml adds no line ending
 * to a block whose last line has none, and Kustomize writes each folded scalar once and reads it again, which does not give the same.
 * @param text the file, or the text inside another scalar
 */
export function scalarValue({ value, type, range }: Scalar, text: string): unknown {
  if (typeof value !== "string" || (type !== Scalar.BLOCK_LITERAL && type !== Scalar.BLOCK_FOLDED))
    return value;
  const isOpen = range?.[1] === text.length && /\S[^\n]*$/.test(text);
  const read = isOpen && value.endsWith("\n") ? value.slice(0, -1) : value;
  return type === Scalar.BLOCK_FOLDED ? writtenAndRead(read) : read;
}

/**
 * What go-yaml reads of a folded scalar that it wrote. Between a line and one with more blanks at its start it writes a line ending too many;
 * where the very first line starts with a blank, everywhere one too few. Source: `k` in yaml_emitter_write_folded_scalar of emitterc.go,
 * which counts from the start of the value, not from where it stands.
 */
function writtenAndRead(value: string): string {
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
