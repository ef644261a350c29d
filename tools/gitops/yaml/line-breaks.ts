import type { SourceText } from "./source.ts";
import type { Mapping, Value } from "./values.ts";

/** Characters that end a line in YAML 1.1, but not in YAML 1.2, or not in the `yaml` package: a carriage return without a newline. Source: is_break in go-yaml's yamlprivateh.go. */
const OTHER_BREAKS = /\r(?!\n)|[\x85\u2028\u2029]/;
/** Line ends lose the blanks around them. */
const SEPARATOR = /[ \t]*([\u2028\u2029])[ \t]*/g;

const BREAKS = /[\n\u2028\u2029]/g;

/** What is read of a text. */
interface Reading {
  readonly documents: readonly { readonly value: Value }[];
  readonly errors: readonly unknown[];
}

/**
 * Parses a text in which those characters end a line, as for go-yaml, which keeps the separators (U+2028, U+2029) in scalars.
 * @param parse parses a text in which they end no line
 */
export function withOtherBreaks<R extends Reading>(source: SourceText, parse: (source: SourceText) => R): R {
  const { text } = source;
  if (!OTHER_BREAKS.test(text)) return parse(source);
  const separators = [...text.matchAll(/[\u2028\u2029]/g)].map(({ index }) => index);
  // The reading of the text in which only some separators end no line.
  const reading = (kept: readonly number[]): R => {
    const characters = text.replaceAll(new RegExp(OTHER_BREAKS, "g"), "\n").split("");
    for (const index of kept) characters[index] = text[index] ?? "";
    return parse(withText(source, characters.join("")));
  };
  const broken = reading([]);
  if (broken.errors.length > 0 || separators.length > MOST_SEPARATORS) return broken;
  const inScalars = separators.filter((index) => isAlike(reading([index]), broken));
  const result = reading(inScalars);
  for (const [index, { value }] of result.documents.entries())
    trimAround(value, broken.documents[index]?.value ?? null);
  return result;
}

/** Each costs one reading. */
const MOST_SEPARATORS = 100;

/** @param broken the same value, read with newlines in place of the separators */
function trimAround(value: Value, broken: Value): void {
  if (typeof value !== "object" || value === null) return;
  const container = value as Mapping;
  const other = (typeof broken === "object" && broken !== null ? broken : {}) as Mapping;
  for (const key of Object.keys(container)) {
    const entry = container[key] ?? null;
    if (typeof entry === "string") container[key] = trimmed(entry, other[key] ?? null);
    else trimAround(entry, other[key] ?? null);
  }
}

/** In a literal block, a line end loses only the indentation after it: each of its line ends is one in the text with newlines, too. */
function trimmed(text: string, broken: Value): string {
  const breaks = text.match(BREAKS) ?? [];
  const lines = typeof broken === "string" ? broken.split("\n") : [];
  if (lines.length !== breaks.length + 1) return text.replaceAll(SEPARATOR, "$1");
  return lines.map((line, index) => `${line}${breaks[index] ?? ""}`).join("");
}

function withText(source: SourceText, text: string): SourceText {
  return { file: source.file, text, locate: (offset) => source.locate(offset) };
}

/** Whether two readings differ only in how lines in values are joined. */
function isAlike(one: Reading, other: Reading): boolean {
  const values = ({ documents }: Reading): Value[] => documents.map(({ value }) => value);
  return one.errors.length === 0 && areAlike(values(one), values(other));
}

function areAlike(one: Value | undefined, other: Value | undefined): boolean {
  if (typeof one === "string" && typeof other === "string") return joined(one) === joined(other);
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return one === other;
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => areAlike((one as Mapping)[key], (other as Mapping)[key]))
  );
}

const joined = (text: string): string => text.replaceAll(/\s/g, "");
