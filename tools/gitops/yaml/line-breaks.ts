import type { ParsedText } from "./parse.ts";
import type { SourceText } from "./source.ts";
import type { Mapping, Value } from "./values.ts";

/** Characters that end a line in YAML 1.1, but not in YAML 1.2. Source: is_break in go-yaml's yamlprivateh.go. */
const OTHER_BREAKS = /[\x85\u2028\u2029]/;
/** Line ends lose the blanks around them. */
const SEPARATOR = /[ \t]*([\u2028\u2029])[ \t]*/g;

/**
 * Parses a text in which those characters end a line, as for go-yaml, which keeps the separators (U+2028, U+2029) in scalars.
 * @param parse parses a text in which they end no line
 */
export function withOtherBreaks(source: SourceText, parse: (source: SourceText) => ParsedText): ParsedText {
  if (!OTHER_BREAKS.test(source.text)) return parse(source);
  const broken = parse(withText(source, source.text.replaceAll(new RegExp(OTHER_BREAKS, "g"), "\n")));
  if (broken.errors.length > 0 || !/[\u2028\u2029]/.test(source.text)) return broken;
  const kept = parse(withText(source, source.text.replaceAll("\x85", "\n")));
  const isSame =
    kept.errors.length === 0 &&
    kept.documents.length === broken.documents.length &&
    kept.documents.every(
      ({ value }, index) => skeleton(value) === skeleton(broken.documents[index]?.value ?? null),
    );
  if (!isSame) return broken;
  for (const { value } of kept.documents) trimAround(value);
  return kept;
}

function trimAround(value: Value): void {
  if (typeof value !== "object" || value === null) return;
  const container = value as Mapping;
  for (const key of Object.keys(container)) {
    const entry = container[key] ?? null;
    if (typeof entry === "string") container[key] = entry.replaceAll(SEPARATOR, "$1");
    else trimAround(entry);
  }
}

function withText(source: SourceText, text: string): SourceText {
  return { file: source.file, text, locate: (offset) => source.locate(offset) };
}

/** What two readings have in common if they differ only in how lines are joined. */
const skeleton = (value: Value): string => JSON.stringify(value).replaceAll(/\s|\\[nt]|[\u2028\u2029]/g, "");
