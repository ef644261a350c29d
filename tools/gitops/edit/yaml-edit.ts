import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  Scalar,
  stringify,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { commentsIn } from "./document-edit.ts";
import { applyEdits, type TextEdit } from "./edit-text.ts";
import type { PathStep } from "../yaml/values.ts";

/** Where an entry of a mapping or list stands. */
interface Place {
  readonly container: YAMLMap<Node, Node | null> | YAMLSeq<Node>;
  /** Of the key; of the dash of a list's item. */
  readonly start: number;
  readonly value: Node | null;
  readonly key: Node | undefined;
}

/**
 * Changes of one YAML file by paths: only the lines of what changes are touched, so comments, anchors, order, quoting, blank lines
 * and line endings stay. Changes are planned against the text as it was read, and made at once by {@link text}. A method that cannot
 * do its work without more than that (a flow collection, an anchor that is used elsewhere) returns false and plans nothing.
 */
export class YamlEdit {
  readonly #text: string;
  readonly #newline: string;
  /** The last line has no line ending: it gets one for the work, and loses it in the end. */
  readonly #open: boolean;
  readonly #roots: readonly (Node | null)[];
  readonly #edits: TextEdit[] = [];

  constructor(text: string) {
    this.#newline = text.includes("\r\n") ? "\r\n" : "\n";
    this.#open = text !== "" && !text.endsWith("\n");
    this.#text = this.#open ? text + this.#newline : text;
    const documents = parseAllDocuments(text, {
      logLevel: "silent",
      prettyErrors: false,
      keepSourceTokens: true,
      uniqueKeys: false,
    });
    this.#roots = Array.isArray(documents) ? documents.map(({ contents }) => contents as Node | null) : [];
  }

  /** Number of documents, empty ones included. */
  get documents(): number {
    return this.#roots.length;
  }

  /** Index of the document that starts, or whose contents start, at or before an offset. */
  documentAt(offset: number): number {
    return this.#roots.findLastIndex((root) => (root?.range?.[0] ?? Infinity) <= offset);
  }

  /** Whether a path exists. */
  has(document: number, path: readonly PathStep[]): boolean {
    return this.#place(document, path) !== undefined;
  }

  /** The anchor by which a scalar can be had again at a later path: its own, or that of which it is an alias. */
  anchorOf(document: number, path: readonly PathStep[], later: readonly PathStep[]): string | undefined {
    const node = this.#place(document, path)?.value ?? null;
    const name = isAlias(node) ? node.source : isScalar(node) ? node.anchor : undefined;
    const anchored = nodesIn(this.#roots[document] ?? null).filter((one) => anchorOf(one) === name);
    const [only] = anchored;
    const end = this.#place(document, later)?.start;
    // Where one name is given twice, the last one before an alias counts.
    if (name === undefined || anchored.length !== 1 || !only?.range || end === undefined) return undefined;
    return only.range[1] <= end ? name : undefined;
  }

  /** The comments that go with an entry: those on its lines and, unless it is only replaced, those right above at its indentation. */
  commentsOf(document: number, path: readonly PathStep[], replaced = false): readonly string[] {
    const place = this.#place(document, path);
    if (!place) return [];
    const start = replaced ? place.start : this.#startWithComments(place);
    return commentsIn(this.#text.slice(start, this.#end(place)));
  }

  /**
   * An entry's text as {@link insert} takes it: with the comments right above it, without indentation; undefined where it does not
   * start its line.
   */
  linesOf(document: number, path: readonly PathStep[]): string | undefined {
    const place = this.#place(document, path);
    if (!place || place.container.flow === true || !this.#startsLine(place)) return undefined;
    const column = place.start - this.#lineStart(place.start);
    return this.#text
      .slice(this.#startWithComments(place), this.#end(place))
      .split(/\r?\n/)
      .map((line) => line.slice(Math.min(column, /^ */.exec(line)?.[0].length ?? 0)))
      .join("\n");
  }

  /** Replaces a plain or quoted scalar; the quotes stay. */
  setScalar(document: number, path: readonly PathStep[], value: string | number | boolean): boolean {
    const node = this.#place(document, path)?.value;
    if (!isScalar(node) || !node.range || node.anchor !== undefined) return false;
    if (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") return false;
    const quotes = typeof value === "string" ? node.type : undefined;
    this.#edits.push({ start: node.range[0], end: node.range[1], text: inline(value, quotes) });
    return true;
  }

  /** Renames a key of a block mapping. */
  renameKey(document: number, path: readonly PathStep[], key: string): boolean {
    const range = this.#place(document, path)?.key?.range;
    if (!range) return false;
    this.#edits.push({ start: range[0], end: range[1], text: inline(key) });
    return true;
  }

  /**
   * Removes an entry of a block collection with its lines and with the comments right above it. Of a collection's only entry, the
   * collection goes, and so on up. Of blank lines on both sides, one stays.
   */
  remove(document: number, path: readonly PathStep[]): boolean {
    const place = this.#place(document, path);
    if (!place || place.container.flow === true || this.#isReferredTo(place.value)) return false;
    if (place.container.items.length === 1)
      return path.length > 1 && this.remove(document, path.slice(0, -1));
    const start = this.#startWithComments(place);
    if (!this.#startsLine(place)) return this.#removeFirstInline(place);
    const end = this.#end(place);
    this.#edits.push({ start: this.#withBlankLine(start, end), end, text: "" });
    return true;
  }

  /** Of the blank lines on both sides of what goes, one stays. */
  #withBlankLine(start: number, end: number): number {
    const above = this.#lineStart(start - 1);
    const isBlank = start > 0 && this.#text.slice(above, start).trim() === "";
    const next = this.#text.indexOf("\n", end);
    const after = this.#text.slice(end, next < 0 ? undefined : next);
    return isBlank && after.trim() === "" ? above : start;
  }

  /** Replaces the lines of an entry by others; they are given without indentation. */
  replace(document: number, path: readonly PathStep[], lines: string): boolean {
    const place = this.#place(document, path);
    if (!place || place.container.flow === true || !this.#startsLine(place)) return false;
    if (this.#isReferredTo(place.value)) return false;
    const start = this.#lineStart(place.start);
    this.#edits.push({ start, end: this.#end(place), text: this.#indented(lines, place.start - start) });
    return true;
  }

  /**
   * Adds lines, given without indentation, to a block mapping or list: after the entry `after`, or at its end.
   * @param path of the mapping or list
   */
  insert(document: number, path: readonly PathStep[], lines: string, after?: PathStep): boolean {
    const container = path.length === 0 ? this.#roots[document] : this.#place(document, path)?.value;
    if (!isCollection(container) || container.flow === true || container.items.length === 0) return false;
    const steps = isMap<Node>(container)
      ? container.items.map(({ key }) => keyText(key))
      : [...container.items.keys()];
    const anchor = after ?? steps.at(-1);
    const first = this.#place(document, [...path, steps[0] ?? 0]);
    const place = anchor === undefined ? undefined : this.#place(document, [...path, anchor]);
    if (!first || !place) return false;
    const at = this.#end(place);
    const column = first.start - this.#lineStart(first.start);
    this.#edits.push({ start: at, end: at, text: this.#indented(lines, column) });
    return true;
  }

  /** The file's text with all that was planned; the text itself where nothing was. */
  text(): string {
    const merged = new Map(this.#edits.map((edit) => [JSON.stringify(edit), edit]));
    const { text } = applyEdits(this.#text, [...merged.values()]);
    if (merged.size === 0) return this.#open ? text.slice(0, -this.#newline.length) : text;
    return this.#open ? text.replace(/\r?\n$/, "") : text;
  }

  /** The lines at an indentation, with the file's line endings. */
  #indented(lines: string, column: number): string {
    return lines
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => (line === "" ? "" : " ".repeat(column) + line) + this.#newline)
      .join("");
  }

  /** Whether an alias elsewhere stands for something in a node. */
  #isReferredTo(value: Node | null): boolean {
    const within = new Set(nodesIn(value));
    const anchors = new Set([...within].map(anchorOf));
    return this.#roots.some((root) =>
      nodesIn(root).some((node) => isAlias(node) && anchors.has(node.source) && !within.has(node)),
    );
  }

  #place(document: number, path: readonly PathStep[]): Place | undefined {
    let node: Node | null | undefined = this.#roots[document];
    let place: Place | undefined;
    for (const step of path) {
      if (isMap<Node, Node | null>(node)) {
        const pair: Pair<Node, Node | null> | undefined = node.items.find(({ key }) => keyText(key) === step);
        const start = pair?.key.range?.[0];
        if (!pair || start === undefined) return undefined;
        place = { container: node, start, value: pair.value, key: pair.key };
      } else if (isSeq<Node>(node) && typeof step === "number") {
        const item: Node | undefined = node.items[step];
        if (!item?.range) return undefined;
        place = { container: node, start: dashOf(node, step) ?? item.range[0], value: item, key: undefined };
      } else return undefined;
      node = place.value;
    }
    return place;
  }

  #lineStart(offset: number): number {
    return this.#text.lastIndexOf("\n", offset - 1) + 1;
  }

  /** Whether nothing stands before an entry on its line. */
  #startsLine({ start }: Place): boolean {
    return this.#text.slice(this.#lineStart(start), start).trim() === "";
  }

  /** `- a: 1` over `b: 2`: the dash stays, and what follows moves up to it. */
  #removeFirstInline(place: Place): boolean {
    const end = this.#end(place);
    const next = /^[ \t]*/.exec(this.#text.slice(end));
    this.#edits.push({ start: place.start, end: end + (next?.[0].length ?? 0), text: "" });
    return true;
  }

  #startWithComments({ start }: Place): number {
    const lineStart = this.#lineStart(start);
    const column = start - lineStart;
    let from = lineStart;
    while (from > 0) {
      const above = this.#lineStart(from - 1);
      const line = this.#text.slice(above, from);
      if (!line.startsWith(`${" ".repeat(column)}#`) || line.startsWith("# yaml-language-server")) break;
      from = above;
    }
    return from;
  }

  /** After the last line of an entry. */
  #end({ start, value, key }: Place): number {
    const end = contentEnd(value) ?? key?.range?.[1] ?? start;
    const trimmed = this.#text.slice(0, end).trimEnd().length;
    const lineEnd = this.#text.indexOf("\n", Math.max(trimmed, start));
    return lineEnd < 0 ? this.#text.length : lineEnd + 1;
  }
}

/** Where the dash of a list's item stands; undefined in a flow list, which has none. */
function dashOf({ srcToken }: YAMLSeq<Node>, index: number): number | undefined {
  if (srcToken?.type !== "block-seq") return undefined;
  return srcToken.items[index]?.start.find(({ type }) => type === "seq-item-ind")?.offset;
}

/** Where the text of a node ends, without comments after it. */
function contentEnd(node: Node | null | undefined): number | undefined {
  if (!node) return undefined;
  if (isCollection(node) && node.flow !== true && node.items.length > 0) {
    if (isMap<Node, Node | null>(node)) {
      const last = node.items.at(-1);
      return contentEnd(last?.value) ?? last?.key.range?.[1];
    }
    return contentEnd((node as YAMLSeq<Node>).items.at(-1));
  }
  return node.range?.[1];
}

/** Every node below one, itself included. */
function nodesIn(node: Node | null): readonly Node[] {
  if (node === null) return [];
  if (isMap<Node, Node | null>(node))
    return [node, ...node.items.flatMap(({ key, value }) => [key, ...nodesIn(value)])];
  return isSeq<Node>(node) ? [node, ...node.items.flatMap(nodesIn)] : [node];
}

function anchorOf(node: Node): string | undefined {
  return isAlias(node) ? undefined : (node as { anchor?: string }).anchor;
}

function keyText(key: Node): string {
  return isScalar(key) ? String(key.value) : "";
}

/** A scalar as YAML writes it on one line. */
function inline(value: string | number | boolean, type?: Scalar.Type): string {
  const scalar = new Scalar(value);
  if (type !== undefined) scalar.type = type;
  return stringify(scalar, { lineWidth: 0 }).trimEnd();
}
