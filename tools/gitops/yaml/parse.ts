import {
  type Alias,
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type Node,
  type Pair,
  type ParsedNode,
  Scalar,
  type YAMLMap,
} from "yaml";
import { aliasTargets } from "./alias-targets.ts";
import { BeyondBlockStyle, parseBlockStyle } from "./block-parser.ts";
import { isDeep, MAX_DEPTH } from "./depth.ts";
import { scalarValue } from "./scalar-value.ts";
import { refusedSeparator } from "./separators.ts";
import type { Origin, SourceText } from "./source.ts";
import { withOtherBreaks } from "./line-breaks.ts";
import { indentingTab } from "./tabs.ts";
import { tokensOf } from "./tokens.ts";
import { mappingAt, isMapping, listAt, pushElement, setField, type Mapping, type Value } from "./values.ts";
import { goYamlTags, isDate, type Dialect } from "./schema.ts";

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
}

/** A syntax error and its location. */
export interface YamlError {
  readonly message: string;
  readonly origin: Origin;
}

/** The maximum number of nodes that a document's aliases may add, and of keys that its merges may add, so that no file can exhaust memory. */
const MAX_ALIASED_NODES = 100_000;

/** Characters that go-yaml rejects anywhere in a text. Source: yaml_parser_update_buffer in yaml.v3's readerc.go. */
// eslint-disable-next-line no-control-regex -- it looks for control characters
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** Errors of the `yaml` package that go-yaml does not report: after a quoted scalar or a flow collection, a comment needs no space. */
const ACCEPTED = "Comments must be separated from other tokens by white space characters";

/** Reads every document in a text the way go-yaml would, and records where each field was written. */
export function parseYaml(source: SourceText, dialect: Dialect = "v3"): ParsedText {
  return withOtherBreaks(source, (text) => parseLines(text, dialect));
}

function parseLines(source: SourceText, dialect: Dialect): ParsedText {
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
    const { documents, errors } = parseText(source, dialect);
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

function parseText(source: SourceText, dialect: Dialect): ParsedText {
  try {
    const documents = parseBlockStyle(source, dialect).map(({ value, offset, oddKey }) => ({
      value,
      origin: { source, offset },
      oddKey: oddKey === undefined ? undefined : { source, offset: oddKey },
    }));
    return { documents, errors: [] };
  } catch (error) {
    if (error instanceof BeyondBlockStyle) return parseFully(source, dialect);
    throw error;
  }
}

/** Reads a text with the `yaml` package, which supports all of YAML and reports syntax errors. */
export function parseFully(source: SourceText, dialect: Dialect = "v3"): ParsedText {
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
      const reader = new Reader(source, document, dialect);
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
  return { documents, errors };
}

/** Source: yaml_parser_scan_anchor in scannerc.go. */
const ANCHOR = /^[\w-]+$/;

class UnreadableError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Reader {
  readonly #source: SourceText;
  readonly #dialect: Dialect;
  readonly #targets: ReadonlyMap<Alias, Node>;
  #aliased = 0;
  #insideAlias = false;
  oddKey: Origin | undefined;
  readonly #open = new Set<Node>();

  constructor(source: SourceText, document: Document, dialect: Dialect) {
    this.#source = source;
    this.#dialect = dialect;
    this.#targets = aliasTargets(document);
  }

  read(node: Node | null | undefined, offset: number): Value {
    if (this.#insideAlias) this.#count(1, offset);
    if (node && !isAlias(node) && node.anchor !== undefined && !ANCHOR.test(node.anchor))
      throw new UnreadableError(
        `go-yaml does not read the anchor ${node.anchor}: use letters, digits, - and _`,
        offset,
      );
    if (isScalar(node)) return scalarValue(node, this.#source.text, this.#dialect) as Value;
    if (isMap(node)) return this.#map(node, offset);
    if (isSeq(node)) {
      const list = listAt(this.#at(offset));
      for (const item of node.items as (ParsedNode | null)[]) {
        const start = item?.range[0] ?? offset;
        pushElement(list, this.read(item, start), this.#at(start));
      }
      return list;
    }
    return isAlias(node) ? this.#aliasTarget(node, offset) : null;
  }

  #count(nodes: number, offset: number): void {
    this.#aliased += nodes;
    if (this.#aliased > MAX_ALIASED_NODES)
      throw new UnreadableError("the aliases of this document expand to too many nodes", offset);
  }

  #at(offset: number): Origin {
    return { source: this.#source, offset };
  }

  /** The `yaml` package drops a list after an explicit key (`? key`) without a colon. */
  #requireColon([start, end]: readonly [number, number, ...number[]]): void {
    const { text } = this.#source;
    const list = /(?:[ \t]*(?:#.*)?\r?\n)+([ \t]*)-(?=\s)/y;
    list.lastIndex = end;
    const indent = list.exec(text)?.[1]?.length ?? -1;
    // A list outside the mapping is less indented than the key's question mark.
    const mark = text.lastIndexOf("?", start);
    if (indent >= mark - (text.lastIndexOf("\n", mark) + 1))
      throw new UnreadableError("the colon before this list is missing", list.lastIndex - 1);
  }

  #map(node: YAMLMap, offset: number): Mapping {
    const items = node.items as Pair<ParsedNode, ParsedNode | null>[];
    const fields = mappingAt(this.#at(offset));
    const merged: Mapping[] = [];
    for (const { key, value } of items) {
      const start = key.range[0];
      if (node.flow !== true && value === null) this.#requireColon(key.range);
      if (isScalar(key) && key.source === "<<" && key.type === "PLAIN") {
        if (merged.length > 0) throw new UnreadableError("duplicate key", start);
        merged.push(...this.#merged(this.read(value, start), start));
        continue;
      }
      const name = isAlias(key) ? this.#targets.get(key) : key;
      if (!isScalar(name)) throw new UnreadableError("a key must be a scalar", start);
      if (node.flow !== true && name.source === "" && name.type === "PLAIN")
        throw new UnreadableError("the key before this colon is missing", start);
      if (typeof name.value !== "string" || this.#isDate(name)) this.oddKey ??= this.#at(start);
      const text = keyText(name.value);
      // In v2, the last of several entries with the same key wins.
      if (Object.hasOwn(fields, text) && this.#dialect === "v3")
        throw new UnreadableError("duplicate key", start);
      const valueOffset = value?.range[0] ?? start;
      const entry = this.read(value, valueOffset);
      const unfolded =
        isScalar(value) && value.type === Scalar.BLOCK_FOLDED
          ? scalarValue(value, this.#source.text, "v2")
          : entry;
      setField(fields, text, entry, {
        source: this.#source,
        offset: start,
        valueOffset,
        ...blankStyle(value, node.flow === true),
        ...(unfolded !== entry && { asRead: String(unfolded) }),
      });
    }
    for (const source of merged) {
      this.#count(Object.keys(source).length, offset);
      addMissing(fields, source, this.#at(offset));
    }
    return fields;
  }

  /** The mappings that `<<` merges in; if they share a key, the first mapping wins. */
  #merged(value: Value, offset: number): readonly Mapping[] {
    const sources = Array.isArray(value) ? value : [value];
    if (!sources.every(isMapping))
      throw new UnreadableError("<< needs a mapping or a list of mappings", offset);
    return sources;
  }

  /** Whether go-yaml reads a key as a time. */
  #isDate({ type, tag, source = "" }: Scalar): boolean {
    return this.#dialect === "v3" && type === "PLAIN" && tag === undefined && isDate(source);
  }

  #aliasTarget(alias: Alias, offset: number): Value {
    const target = this.#targets.get(alias);
    if (!target) throw new UnreadableError(`unknown anchor ${alias.source}`, offset);
    if (this.#open.has(target))
      throw new UnreadableError(`the anchor ${alias.source} contains itself`, offset);
    const before = this.#insideAlias;
    this.#insideAlias = true;
    this.#open.add(target);
    try {
      return this.read(target, offset);
    } finally {
      this.#insideAlias = before;
      this.#open.delete(target);
    }
  }
}

/** How a value was left blank; empty for any other value, and for a key without a colon in block style. */
function blankStyle(value: ParsedNode | null, isFlow: boolean): Pick<Origin, "blank"> {
  if (value === null) return isFlow ? { blank: "flow" } : {};
  if (!isScalar(value) || value.value !== null || value.source !== "") return {};
  if (!isFlow) return { blank: "block" };
  return value.tag === undefined ? { blank: "flow" } : {};
}

function keyText(key: unknown): string {
  return typeof key === "string" ? key : JSON.stringify(key);
}

function addMissing(fields: Mapping, source: Mapping, origin: Origin): void {
  for (const key of Object.keys(source)) {
    if (!Object.hasOwn(fields, key)) setField(fields, key, source[key] as Value, origin);
  }
}
