import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
  type ParsedNode,
} from "yaml";
import { aliasTargets } from "./alias-targets.ts";
import { BeyondBlockStyle, parseBlockStyle } from "./block-parser.ts";
import { isDeep, MAX_DEPTH } from "./depth.ts";
import { scalarValue } from "./scalar-value.ts";
import type { Origin, SourceText } from "./source.ts";
import { fieldsAt, isFields, listAt, pushElement, setField, type Fields, type Value } from "./values.ts";
import { GO_YAML_TAGS } from "./schema.ts";

/** One document of a YAML file. */
export interface ParsedDocument {
  readonly value: Value;
  readonly origin: Origin;
}

/** What a text holds, and what is wrong with it. */
export interface ParsedText {
  readonly documents: readonly ParsedDocument[];
  /** Faults of syntax. A document that has one is not among the documents. */
  readonly faults: readonly SyntaxFault[];
}

/** A place that cannot be read. */
export interface SyntaxFault {
  readonly message: string;
  readonly origin: Origin;
}

/** Nodes that the aliases of a document may stand for, and keys that its merges may bring: a file cannot blow up in memory. */
const MAX_ALIASED_NODES = 100_000;

/** What go-yaml refuses a text for, wherever it stands. Source: yaml_parser_update_buffer in readerc.go of yaml.v3. */
// eslint-disable-next-line no-control-regex -- they are what it looks for
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** Reads every document of a text, as go-yaml would, each field with the place where it was written. */
export function parseYaml(source: SourceText): ParsedText {
  const control = source.text.search(CONTROL);
  if (control >= 0) {
    const message = "the file holds a control character and is not read";
    return { documents: [], faults: [{ message, origin: { source, offset: control } }] };
  }
  const tooDeep = {
    message: `the document has more than ${MAX_DEPTH} levels`,
    origin: { source, offset: 0 },
  };
  try {
    const { documents, faults } = parseText(source);
    const { deep = [], shallow = [] } = Object.groupBy(documents, ({ value }) =>
      isDeep(value) ? "deep" : "shallow",
    );
    return { documents: shallow, faults: [...faults, ...deep.map(({ origin }) => ({ ...tooDeep, origin }))] };
  } catch (error) {
    // The parsers' own recursion ends before the limit can be looked at.
    if (error instanceof RangeError) return { documents: [], faults: [tooDeep] };
    throw error;
  }
}

function parseText(source: SourceText): ParsedText {
  try {
    const documents = parseBlockStyle(source).map(({ value, offset }) => ({
      value,
      origin: { source, offset },
    }));
    return { documents, faults: [] };
  } catch (error) {
    if (error instanceof BeyondBlockStyle) return parseFully(source);
    throw error;
  }
}

/** The same by the `yaml` package, which reads all of YAML and says what is wrong with what is not. */
export function parseFully(source: SourceText): ParsedText {
  const documents: ParsedDocument[] = [];
  const faults: SyntaxFault[] = [];
  const parsed = parseAllDocuments(source.text, {
    schema: "failsafe",
    customTags: (tags) => [...tags, ...GO_YAML_TAGS],
    prettyErrors: false,
    logLevel: "silent",
    // The reader tells; the package compares each key with all before it.
    uniqueKeys: false,
  });
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const [error] = document.errors;
    if (error) {
      faults.push({ message: error.message, origin: { source, offset: error.pos[0] } });
      continue;
    }
    if (document.contents === null) continue;
    try {
      const reader = new Reader(source, document);
      const offset = document.contents.range[0];
      const value = reader.read(document.contents, offset);
      if (value !== null) documents.push({ value, origin: { source, offset } });
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      faults.push({ message: fault.message, origin: { source, offset: fault.offset } });
    }
  }
  return { documents, faults };
}

class Fault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Reader {
  readonly #source: SourceText;
  readonly #targets: ReadonlyMap<Alias, Node>;
  #aliased = 0;
  #insideAlias = false;
  readonly #open = new Set<Node>();

  constructor(source: SourceText, document: Document) {
    this.#source = source;
    this.#targets = aliasTargets(document);
  }

  read(node: Node | null | undefined, offset: number): Value {
    if (this.#insideAlias) this.#count(1, offset);
    if (isScalar(node)) return scalarValue(node, this.#source.text) as Value;
    if (isMap(node)) return this.#map(node.items as Pair<ParsedNode, ParsedNode | null>[], offset);
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
      throw new Fault("the aliases of this document stand for too many nodes", offset);
  }

  #at(offset: number): Origin {
    return { source: this.#source, offset };
  }

  #map(items: readonly Pair<ParsedNode, ParsedNode | null>[], offset: number): Fields {
    const fields = fieldsAt(this.#at(offset));
    const merged: Fields[] = [];
    for (const { key, value } of items) {
      const start = key.range[0];
      if (isScalar(key) && key.value === "<<" && key.type === "PLAIN") {
        if (merged.length > 0) throw new Fault("Map keys must be unique", start);
        merged.push(...this.#merged(this.read(value, start), start));
        continue;
      }
      const name = isAlias(key) ? this.#targets.get(key) : key;
      if (!isScalar(name)) throw new Fault("a key must be a scalar", start);
      const text = keyText(name.value);
      if (Object.hasOwn(fields, text)) throw new Fault("Map keys must be unique", start);
      const valueOffset = value?.range[0] ?? start;
      setField(fields, text, this.read(value, valueOffset), {
        source: this.#source,
        offset: start,
        valueOffset,
        ...(isScalar(value) && value.value === null && value.source === "" ? { blank: true } : {}),
      });
    }
    for (const source of merged) {
      this.#count(Object.keys(source).length, offset);
      addMissing(fields, source, this.#at(offset));
    }
    return fields;
  }

  /** What `<<` brings in: a mapping, or a list of mappings of which the first wins. */
  #merged(value: Value, offset: number): readonly Fields[] {
    const sources = Array.isArray(value) ? value : [value];
    if (!sources.every(isFields)) throw new Fault("<< takes a mapping or a list of mappings", offset);
    return sources;
  }

  #aliasTarget(alias: Alias, offset: number): Value {
    const target = this.#targets.get(alias);
    if (!target) throw new Fault(`no anchor named ${alias.source}`, offset);
    if (this.#open.has(target)) throw new Fault(`the anchor ${alias.source} stands for itself`, offset);
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

function keyText(key: unknown): string {
  return typeof key === "string" ? key : JSON.stringify(key);
}

function addMissing(fields: Fields, source: Fields, origin: Origin): void {
  for (const key of Object.keys(source)) {
    if (!Object.hasOwn(fields, key)) setField(fields, key, source[key] as Value, origin);
  }
}
