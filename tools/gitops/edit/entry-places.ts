import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { tokensOf } from "../yaml/tokens.ts";
import type { PathStep } from "../yaml/values.ts";

/** A mapping or list, and the document that contains it. */
export interface EntryPath {
  /** Index of the document in the file. */
  readonly document: number;
  readonly path: readonly PathStep[];
}

/** The location of an entry in a mapping or list. */
export interface EntryPlace {
  readonly container: YAMLMap<Node, Node | null> | YAMLSeq<Node>;
  /** Offset of the key, or of a list item's dash. */
  readonly start: number;
  readonly value: Node | null;
  readonly key: Node | undefined;
}

/** How many texts stay parsed. A syntax tree takes a hundred times the memory of its text, and a step may edit thousands of files. */
const KEPT_TREES = 16;
const trees = new Map<string, readonly (Node | null)[]>();

/** The root node of each document in a text. The most recently used texts stay parsed. */
export function rootsOf(text: string): readonly (Node | null)[] {
  const roots = trees.get(text) ?? parseRoots(text);
  trees.delete(text);
  trees.set(text, roots);
  const [oldest] = trees.keys();
  if (trees.size > KEPT_TREES && oldest !== undefined) trees.delete(oldest);
  return roots;
}

function parseRoots(text: string): readonly (Node | null)[] {
  const options = {
    logLevel: "silent",
    prettyErrors: false,
    keepSourceTokens: true,
    uniqueKeys: false,
  } as const;
  const documents = new Composer(options).compose(tokensOf(text));
  return [...documents].map(({ contents }) => contents as Node | null);
}

/** The location of the entry at a path below a node; undefined if there is none. */
export function placeAt(root: Node | null | undefined, path: readonly PathStep[]): EntryPlace | undefined {
  let node = root;
  let place: EntryPlace | undefined;
  for (const step of path) {
    place = entryPlace(node, step);
    if (!place) return undefined;
    node = place.value;
  }
  return place;
}

/** The location of an entry of a mapping or list; undefined if it has none at that step. */
export function entryPlace(node: Node | null | undefined, step: PathStep): EntryPlace | undefined {
  if (isMap<Node, Node | null>(node)) {
    const pair: Pair<Node, Node | null> | undefined = node.items.find(({ key }) => keyText(key) === step);
    const start = pair?.key.range?.[0];
    return pair && start !== undefined
      ? { container: node, start, value: pair.value, key: pair.key }
      : undefined;
  }
  if (!isSeq<Node>(node) || typeof step !== "number") return undefined;
  const item: Node | undefined = node.items[step];
  if (!item?.range) return undefined;
  return { container: node, start: dashOf(node, step) ?? item.range[0], value: item, key: undefined };
}

/** The path to the first entry or collection that `isWanted` accepts; undefined if there is none. */
export function pathTo(
  node: Node | null | undefined,
  isWanted: (node: Node | null, key: Node | undefined, step: PathStep | undefined) => boolean,
): readonly PathStep[] | undefined {
  const visit = (
    value: Node | null,
    key: Node | undefined,
    path: readonly PathStep[],
  ): readonly PathStep[] | undefined => {
    if (isWanted(value, key, path.at(-1))) return path;
    for (const [step, child, childKey] of childrenOf(value)) {
      const found = visit(child, childKey, [...path, step]);
      if (found) return found;
    }
    return undefined;
  };
  return visit(node ?? null, undefined, []);
}

function childrenOf(node: Node | null): readonly (readonly [PathStep, Node | null, Node | undefined])[] {
  if (isMap<Node, Node | null>(node))
    return node.items.map(({ key, value }) => [keyText(key), value, key] as const);
  return isSeq<Node>(node) ? node.items.map((item, index) => [index, item, undefined] as const) : [];
}

/** A node and all its descendants. */
export function nodesIn(node: Node | null): readonly Node[] {
  const nodes: Node[] = [];
  const visit = (one: Node | null): void => {
    if (one === null) return;
    nodes.push(one);
    if (isMap<Node, Node | null>(one))
      for (const { key, value } of one.items) {
        nodes.push(key);
        visit(value);
      }
    else if (isSeq<Node>(one)) for (const item of one.items) visit(item);
  };
  visit(node);
  return nodes;
}

/** The anchor that a node defines. */
export function anchorOf(node: Node): string | undefined {
  return isAlias(node) ? undefined : (node as { anchor?: string }).anchor;
}

/** The text of a key; empty if the key is not a scalar. */
export function keyText(key: Node): string {
  return isScalar(key) ? String(key.value) : "";
}

/** The offset at which a node's text ends, before any trailing comment. */
export function contentEnd(node: Node | null | undefined): number | undefined {
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

/** The offset of a list item's dash; undefined in a flow list, which has none. */
function dashOf({ srcToken }: YAMLSeq<Node>, index: number): number | undefined {
  if (srcToken?.type !== "block-seq") return undefined;
  return srcToken.items[index]?.start.find(({ type }) => type === "seq-item-ind")?.offset;
}
