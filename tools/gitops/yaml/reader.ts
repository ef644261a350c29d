import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { aliasTargets } from "./alias-targets.ts";
import { keyText } from "./key-text.ts";
import { afterMissingColon } from "./missing-colon.ts";
import { scalarValue } from "./scalar-value.ts";
import { isDate, type Dialect } from "./schema.ts";
import type { Origin, SourceText } from "./source.ts";
import {
  entryOrigin,
  isMapping,
  listAt,
  mappingAt,
  pushElement,
  setField,
  type Mapping,
  type Value,
} from "./values.ts";
import { blankStyle, writtenScalar } from "./written-scalar.ts";

/** The maximum number of nodes that a document's aliases may add, and of keys that its merges may add, so that no file can exhaust memory. */
const MAX_ALIASED_NODES = 100_000;

/** Source: yaml_parser_scan_anchor in scannerc.go. */
const ANCHOR = /^[\w-]+$/;

/** Why a document cannot be read, and where. */
export class UnreadableError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** How documents are read. */
export interface ReadOptions {
  /** By default, `v3`. */
  readonly dialect?: Dialect;
  /** Whether the first of several entries with the same key counts in v3, instead of being an error. The origin of such a mapping says so. */
  readonly acceptsRepeatedKeys?: boolean;
}

/** Reads one document: its values as go-yaml reads them, and where each of them was written. */
export class Reader {
  readonly #source: SourceText;
  readonly #dialect: Dialect;
  readonly #acceptsRepeatedKeys: boolean;
  readonly #targets: ReadonlyMap<Alias, Node>;
  #aliased = 0;
  #insideAlias = false;
  /** The first key that is not a string; set once the document is read. */
  oddKey: Origin | undefined;
  readonly #open = new Set<Node>();

  constructor(
    source: SourceText,
    document: Document,
    { dialect = "v3", acceptsRepeatedKeys = false }: ReadOptions,
  ) {
    this.#source = source;
    this.#dialect = dialect;
    this.#acceptsRepeatedKeys = acceptsRepeatedKeys;
    this.#targets = aliasTargets(document);
  }

  /** @throws UnreadableError for what go-yaml does not read */
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
      const list = listAt({ source: this.#source, offset });
      for (const item of node.items as (ParsedNode | null)[]) {
        const start = item?.range[0] ?? offset;
        pushElement(list, this.read(item, start), {
          source: this.#source,
          offset: start,
          ...this.#written(item),
        });
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

  #map(node: YAMLMap, offset: number): Mapping {
    const items = node.items as Pair<ParsedNode, ParsedNode | null>[];
    const isFlow = node.flow === true;
    const repeatedKey = this.#acceptsRepeatedKeys ? repeatedIn(items) : undefined;
    const fields = mappingAt({
      source: this.#source,
      offset,
      ...(repeatedKey !== undefined && { repeatedKey }),
    });
    const merged: Mapping[] = [];
    for (const { key, value } of items) {
      const start = key.range[0];
      if (!isFlow && value === null) requireColon(this.#source.text, key.range);
      if (isScalar(key) && key.source === "<<" && key.type === "PLAIN") {
        if (merged.length > 0) throw new UnreadableError("duplicate key", start);
        merged.push(...this.#merged(this.read(value, start), start));
        continue;
      }
      const name = this.#key(key, isFlow);
      // In v2, the last of several entries with the same key wins.
      if (Object.hasOwn(fields, name) && this.#dialect === "v3") {
        if (this.#acceptsRepeatedKeys) continue;
        throw new UnreadableError("duplicate key", start);
      }
      const valueOffset = value?.range[0] ?? start;
      setField(fields, name, this.read(value, valueOffset), {
        source: this.#source,
        offset: start,
        valueOffset,
        ...this.#written(value),
        ...blankStyle(value, isFlow),
      });
    }
    for (const source of merged) {
      this.#count(Object.keys(source).length, offset);
      addMissing(fields, source, { source: this.#source, offset });
    }
    return fields;
  }

  /** How a scalar is written, if that is not in its own place: an alias is written as what it refers to. */
  #written(node: ParsedNode | null): Partial<Origin> {
    const scalar = isAlias(node) ? this.#targets.get(node) : node;
    if (!isScalar(scalar) || !scalar.range) return {};
    return {
      ...(scalar !== node && { valueOffset: scalar.range[0] }),
      ...writtenScalar(scalar, this.#source.text, this.#dialect),
    };
  }

  /** The text of a key, which may be an alias. */
  #key(key: ParsedNode, isFlow: boolean): string {
    const [start] = key.range;
    const name = isAlias(key) ? this.#targets.get(key) : key;
    if (!isScalar(name)) throw new UnreadableError("a key must be a scalar", start);
    if (!isFlow && name.source === "" && name.type === "PLAIN")
      throw new UnreadableError("the key before this colon is missing", start);
    const { value } = name;
    if (typeof value !== "string" || this.#isDate(name))
      this.oddKey ??= { source: this.#source, offset: start };
    if (value === null && this.#dialect === "v2")
      throw new UnreadableError("a key must not be null: quote it", start);
    return keyText(value as string | number | boolean | null, name.source ?? "", this.#dialect);
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

/** Offset of the first scalar key that is there already. */
function repeatedIn(items: readonly Pair<ParsedNode>[]): number | undefined {
  const seen = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.source)) return key.range[0];
    seen.add(key.source);
  }
  return undefined;
}

function requireColon(text: string, range: readonly [number, number, ...number[]]): void {
  const after = afterMissingColon(text, range);
  if (after) throw new UnreadableError(`the colon before this ${after.what} is missing`, after.offset);
}

function addMissing(fields: Mapping, source: Mapping, origin: Origin): void {
  for (const key of Object.keys(source)) {
    if (Object.hasOwn(fields, key)) continue;
    const { offset, valueOffset = offset, ...own } = entryOrigin(source, key);
    setField(fields, key, source[key] as Value, { ...own, valueOffset, offset: origin.offset });
  }
}
