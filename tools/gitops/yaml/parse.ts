import { Composer, type Document } from "yaml";
import { BeyondBlockStyle, parseBlockStyle } from "./block-parser.ts";
import { isDeep, MAX_DEPTH } from "./depth.ts";
import { refusedEscape } from "./escapes.ts";
import { Reader, UnreadableError, type ReadOptions } from "./reader.ts";
import { refusedSeparator } from "./separators.ts";
import type { Origin, SourceText } from "./source.ts";
import { withOtherBreaks } from "./line-breaks.ts";
import { indentingTab } from "./tabs.ts";
import { tokensOf } from "./tokens.ts";
import type { Value } from "./values.ts";
import { goYamlTags } from "./schema.ts";

/** One document in a YAML file. */
export interface ParsedDocument {
  readonly value: Value;
  readonly origin: Origin;
  /** Offset of the first key that is not a string, such as `8080:`. */
  readonly oddKey: Origin | undefined;
}

/** The documents in a YAML text, and any parse errors. */
export interface ParsedText {
  readonly documents: readonly ParsedDocument[];
  /** Syntax errors. Documents with a syntax error are left out of `documents`. */
  readonly errors: readonly YamlError[];
  /** The second document of a file in UTF-16: Flux reads only the first. */
  readonly dropped?: Origin;
}

/** A syntax error and its location. */
export interface YamlError {
  readonly message: string;
  readonly origin: Origin;
}

/** Characters that go-yaml rejects anywhere in a text. Source: yaml_parser_update_buffer in yaml.v3's readerc.go. */
// eslint-disable-next-line no-control-regex -- it looks for control characters
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** Errors of the `yaml` package that go-yaml does not report: after a quoted scalar or a flow collection, a comment needs no space. */
const ACCEPTED = "Comments must be separated from other tokens by white space characters";

/** Reads every document in a text the way go-yaml would, and records where each field was written. */
export function parseYaml(source: SourceText, options: ReadOptions = {}): ParsedText {
  const parsed = withOtherBreaks(source, (text) => parseLines(text, options));
  return source.isWide === true ? firstOf(parsed) : parsed;
}

/** The first document, and the errors in it. */
function firstOf({ documents: [first, second], errors }: ParsedText): ParsedText {
  if (!first) return { documents: [], errors };
  const end = second?.origin.offset ?? Infinity;
  return {
    documents: [first],
    errors: errors.filter(({ origin }) => origin.offset < end),
    ...(second && { dropped: second.origin }),
  };
}

function parseLines(source: SourceText, options: ReadOptions): ParsedText {
  const { dialect = "v3" } = options;
  const control = source.text.search(CONTROL);
  if (control >= 0) {
    const message = "the file contains a control character";
    return { documents: [], errors: [{ message, origin: { source, offset: control } }] };
  }
  const separator = dialect === "v3" ? refusedSeparator(source.text) : undefined;
  if (separator) {
    const { message, offset } = separator;
    return { documents: [], errors: [{ message, origin: { source, offset } }] };
  }
  const tooDeep = {
    message: `the document is nested more than ${MAX_DEPTH} levels deep`,
    origin: { source, offset: 0 },
  };
  try {
    const { documents, errors } = parseText(source, options);
    const { deep = [], shallow = [] } = Object.groupBy(documents, ({ value }) =>
      isDeep(value) ? "deep" : "shallow",
    );
    return { documents: shallow, errors: [...errors, ...deep.map(({ origin }) => ({ ...tooDeep, origin }))] };
  } catch (error) {
    // The parsers would overflow the stack before the depth could be checked.
    if (error instanceof RangeError) return { documents: [], errors: [tooDeep] };
    throw error;
  }
}

function parseText(source: SourceText, options: ReadOptions): ParsedText {
  try {
    const documents = parseBlockStyle(source, options.dialect ?? "v3").map(({ value, offset, oddKey }) => ({
      value,
      origin: { source, offset },
      oddKey: oddKey === undefined ? undefined : { source, offset: oddKey },
    }));
    return { documents, errors: [] };
  } catch (error) {
    if (error instanceof BeyondBlockStyle) return parseFully(source, options);
    throw error;
  }
}

/** Reads a text with the `yaml` package, which supports all of YAML and reports syntax errors. */
export function parseFully(source: SourceText, options: ReadOptions = {}): ParsedText {
  const { dialect = "v3" } = options;
  const documents: ParsedDocument[] = [];
  const errors: YamlError[] = [];
  const composer = new Composer({
    schema: "failsafe",
    customTags: (tags) => [...tags, ...goYamlTags(dialect)],
    prettyErrors: false,
    logLevel: "silent",
    // Reader finds duplicate keys in linear time; the package compares each key with all earlier ones.
    uniqueKeys: false,
  });
  const read = [...composer.compose(tokensOf(source.text))] as Document.Parsed[];
  for (const document of read) {
    const error = document.errors.find(({ message }) => !message.startsWith(ACCEPTED));
    if (error) {
      errors.push({ message: error.message, origin: { source, offset: error.pos[0] } });
      continue;
    }
    if (document.contents === null) continue;
    try {
      const reader = new Reader(source, document, options);
      const offset = document.contents.range[0];
      const value = reader.read(document.contents, offset);
      if (value !== null) documents.push({ value, origin: { source, offset }, oddKey: reader.oddKey });
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      errors.push({ message: error.message, origin: { source, offset: error.offset } });
    }
  }
  const tab = errors.length === 0 ? indentingTab(source.text, read) : -1;
  if (tab >= 0)
    errors.push({ message: "Tabs are not allowed as indentation", origin: { source, offset: tab } });
  const escape = dialect === "json" ? -1 : refusedEscape(source.text, read);
  if (escape >= 0)
    errors.push({
      message: `go-yaml does not read the escape ${source.text.slice(escape, escape + 2)}: write the character itself`,
      origin: { source, offset: escape },
    });
  return { documents, errors };
}
