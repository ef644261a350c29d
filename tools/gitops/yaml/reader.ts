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
  Scalar,
  type YAMLMap,
} from "yaml";
import { aliasTargets } from "./alias-targets.ts";
import { scalarValue } from "./scalar-value.ts";
import { isDate, type Dialect } from "./schema.ts";
import type { Origin, SourceText } from "./source.ts";
import { isMapping, listAt, mappingAt, pushElement, setField, type Mapping, type Value } from "./values.ts";

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

/** Reads one document: its values as go-yaml reads them, and where each of them was written. */
export class Reader {
  readonly #source: SourceText;
  readonly #dialect: Dialect;
  readonly #targets: ReadonlyMap<Alias, Node>;
  #aliased = 0;
  #insideAlias = false;
  /** The first key that is not a string; set once the document is read. */
  oddKey: Origin | undefined;
  readonly #open = new Set<Node>();

  constructor(source: SourceText, document: Document, dialect: Dialect) {
    this.#source = source;
    this.#dialect = dialect;
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

  #map(node: YAMLMap, offset: number): Mapping {
    const items = node.items as Pair<ParsedNode, ParsedNode | null>[];
    const isFlow = node.flow === true;
    const fields = mappingAt(this.#at(offset));
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
      if (Object.hasOwn(fields, name) && this.#dialect === "v3")
        throw new UnreadableError("duplicate key", start);
      const valueOffset = value?.range[0] ?? start;
      const entry = this.read(value, valueOffset);
      const unfolded =
        isScalar(value) && value.type === Scalar.BLOCK_FOLDED
          ? scalarValue(value, this.#source.text, "v2")
          : entry;
      setField(fields, name, entry, {
        source: this.#source,
        offset: start,
        valueOffset,
        ...blankStyle(value, isFlow),
        ...(unfolded !== entry && { asRead: String(unfolded) }),
      });
    }
    for (const source of merged) {
      this.#count(Object.keys(source).length, offset);
      addMissing(fields, source, this.#at(offset));
    }
    return fields;
  }

  /** The text of a key, which may be an alias. */
  #key(key: ParsedNode, isFlow: boolean): string {
    const [start] = key.range;
    const name = isAlias(key) ? this.#targets.get(key) : key;
    if (!isScalar(name)) throw new UnreadableError("a key must be a scalar", start);
    if (!isFlow && name.source === "" && name.type === "PLAIN")
      throw new UnreadableError("the key before this colon is missing", start);
    const { value } = name;
    if (typeof value !== "string" || this.#isDate(name)) this.oddKey ??= this.#at(start);
    return typeof value === "string" ? value : JSON.stringify(value);
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

/** Refuses a list after an explicit key (`? key`) without a colon: the `yaml` package drops it. */
function requireColon(text: string, [start, end]: readonly [number, number, ...number[]]): void {
  const list = /(?:[ \t]*(?:#.*)?\r?\n)+([ \t]*)-(?=\s)/y;
  list.lastIndex = end;
  const indent = list.exec(text)?.[1]?.length ?? -1;
  // A list outside the mapping is less indented than the key's question mark.
  const mark = text.lastIndexOf("?", start);
  if (indent >= mark - (text.lastIndexOf("\n", mark) + 1))
    throw new UnreadableError("the colon before this list is missing", list.lastIndex - 1);
}

/** How a value was left blank; empty for any other value, and for a key without a colon in block style. */
function blankStyle(value: ParsedNode | null, isFlow: boolean): Pick<Origin, "blank"> {
  if (value === null) return isFlow ? { blank: "flow" } : {};
  if (!isScalar(value) || value.value !== null || value.source !== "") return {};
  if (!isFlow) return { blank: "block" };
  return value.tag === undefined ? { blank: "flow" } : {};
}

function addMissing(fields: Mapping, source: Mapping, origin: Origin): void {
  for (const key of Object.keys(source)) {
    if (!Object.hasOwn(fields, key)) setField(fields, key, source[key] as Value, origin);
  }
}
