import { isMap, isScalar, parseAllDocuments, stringify, type Node, type Pair, type YAMLMap } from "yaml";
import type { Value } from "../yaml/values.ts";

/** A change of a file's text. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The entry of a mapping whose key starts at an offset, and the mapping. */
interface Found {
  readonly map: YAMLMap<Node, Node | null>;
  readonly pair: Pair<Node, Node | null>;
}

/** A file's YAML, to find where a change of a value goes in its text. Nothing but the change touches the text. */
export class EditableText {
  readonly #text: string;
  readonly #roots: readonly (Node | null)[];

  constructor(text: string) {
    this.#text = text;
    const documents = parseAllDocuments(text, { uniqueKeys: false });
    this.#roots = Array.isArray(documents) ? documents.map(({ contents }) => contents as Node | null) : [];
  }

  /** Replaces a scalar by a scalar; undefined where the entry is not that simple. */
  replaceScalar(keyOffset: number, value: string | number | boolean): TextEdit | undefined {
    const node = this.#find(keyOffset)?.pair.value;
    if (!isScalar(node) || !node.range || node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED")
      return undefined;
    if (node.anchor !== undefined) return undefined;
    return { start: node.range[0], end: node.range[1], text: scalar(value) };
  }

  /** Removes an entry of a block mapping with its lines, unless it is the only one. */
  remove(keyOffset: number): TextEdit | undefined {
    const found = this.#find(keyOffset);
    if (!found || found.map.flow || found.map.items.length < 2) return undefined;
    const end = found.pair.value?.range?.[2] ?? found.pair.key.range?.[2];
    if (end === undefined) return undefined;
    const start = this.#text.lastIndexOf("\n", keyOffset - 1) + 1;
    if (this.#text.slice(start, keyOffset).trim() !== "") return undefined;
    return { start, end, text: "" };
  }

  /** Adds an entry at the end of the block mapping that starts at an offset. */
  add(mapOffset: number, key: string, value: Value): TextEdit | undefined {
    const map = this.#maps().find(({ range, flow }) => range?.[0] === mapOffset && !flow);
    const [first] = map?.items ?? [];
    const last = map?.items.at(-1);
    const firstOffset = first?.key.range?.[0];
    const end = last?.value?.range?.[1] ?? last?.key.range?.[1];
    if (firstOffset === undefined || end === undefined) return undefined;
    const column = firstOffset - (this.#text.lastIndexOf("\n", firstOffset - 1) + 1);
    const newline = this.#text.includes("\r\n") ? "\r\n" : "\n";
    const lines = stringify({ [key]: value })
      .trimEnd()
      .split("\n");
    const lineEnd = this.#text.indexOf("\n", Math.max(end - 1, 0));
    const at = lineEnd < 0 ? this.#text.length : lineEnd + 1;
    const text = lines.map((line) => `${" ".repeat(column)}${line}${newline}`).join("");
    return { start: at, end: at, text: lineEnd < 0 ? `${newline}${text.trimEnd()}` : text };
  }

  #find(keyOffset: number): Found | undefined {
    for (const map of this.#maps()) {
      const pair = map.items.find(({ key }) => key.range?.[0] === keyOffset);
      if (pair) return { map, pair };
    }
    return undefined;
  }

  #maps(): readonly YAMLMap<Node, Node | null>[] {
    const maps: YAMLMap<Node, Node | null>[] = [];
    const visit = (node: Node | null | undefined): void => {
      if (!node) return;
      if (isMap<Node, Node | null>(node)) {
        maps.push(node);
        for (const { key, value } of node.items) {
          visit(key);
          visit(value);
        }
      } else if ("items" in node) {
        for (const item of (node as { items: unknown[] }).items) visit(item as Node | null);
      }
    };
    for (const root of this.#roots) visit(root);
    return maps;
  }
}

/** A scalar as YAML writes it on one line. */
function scalar(value: string | number | boolean): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

/** The text with edits that do not overlap; of two that do, the later one is left out. Gives the number that were made. */
export function applyEdits(
  text: string,
  edits: readonly TextEdit[],
): { readonly text: string; readonly applied: number } {
  let result = text;
  let applied = 0;
  let limit = Infinity;
  for (const edit of [...edits].sort((a, b) => b.start - a.start)) {
    if (edit.end > limit) continue;
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
    limit = edit.start;
    applied++;
  }
  return { text: result, applied };
}

/** Whether a text is YAML without a error. */
export function isValid(text: string): boolean {
  const documents = parseAllDocuments(text);
  return !Array.isArray(documents) || documents.every(({ errors }) => errors.length === 0);
}
