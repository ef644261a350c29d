import { isAlias, isCollection, isMap, isScalar, type Node } from "yaml";
import { formatPath } from "../../../policy/engine/path.ts";
import type { PathStep } from "../yaml/values.ts";
import { anchorOf, entryPlace, keyText } from "./entry-places.ts";

/** Why a YAML text cannot be edited in a place, and what a person can do about it. */
export interface Obstacle {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** An obstacle, with an offset in the text. */
export interface Hindrance {
  readonly offset: number;
  readonly reason: string;
}

/** Which form keeps the mapping or list at a path from being changed, or one of the nodes above it; undefined if it is none of these. */
export function hindranceAt(root: Node | null | undefined, path: readonly PathStep[]): Hindrance | undefined {
  let node = root ?? null;
  for (const [depth, step] of path.entries()) {
    const above = path.slice(0, depth);
    const own = hindranceOf(node, above);
    if (own) return own;
    const place = entryPlace(node, step);
    if (!place) return { offset: node?.range?.[0] ?? 0, reason: absence(node, path.slice(0, depth + 1)) };
    node = place.value ?? null;
    if (node === null) return { offset: place.start, reason: empty(path.slice(0, depth + 1)) };
  }
  return hindranceOf(node, path);
}

function hindranceOf(node: Node | null, path: readonly PathStep[]): Hindrance | undefined {
  const at = (reason: string): Hindrance => ({ offset: node?.range?.[0] ?? 0, reason });
  if (isAlias(node))
    return at(`${named(path)} is the alias *${node.source}: write out there what the anchor holds`);
  if (isScalar(node) && node.value === null) return at(empty(path));
  if (!isCollection(node)) return undefined;
  if (node.flow === true && node.items.length > 0)
    return at(
      `${named(path)} is written in flow style, with brackets: write it in block style, each entry on a line of its own`,
    );
  return node.items.length === 0 ? at(empty(path)) : undefined;
}

const empty = (path: readonly PathStep[]): string =>
  `${named(path)} has no entries: remove the key, or write the first entry`;

/** Why a mapping does not have an entry of its own that its value has. */
function absence(node: Node | null, path: readonly PathStep[]): string {
  const keys = isMap<Node>(node) ? node.items.map(({ key }) => key) : [];
  const alias = keys.find((key) => isAlias(key));
  if (isAlias(alias)) return `${named(path)} has the alias *${alias.source} as its key: write the key out`;
  return keys.some((key) => keyText(key) === "<<")
    ? `${named(path)} comes from a merge key (<<): write the entry out there`
    : `${named(path)} is not in this file`;
}

/** An entry that is not the first on its line, such as one after `? ` or next to another. */
export const notOnOwnLine = (path: readonly PathStep[]): string =>
  `${named(path)} does not start its line: write it on a line of its own`;

/** A value with an anchor that others use, and that cannot move to the first of them. */
export const anchored = (value: Node | null, path: readonly PathStep[]): string => {
  const anchor = value === null ? undefined : anchorOf(value);
  const what = anchor === undefined ? "an anchor in it" : `its anchor &${anchor}`;
  return `${named(path)} would go, but ${what} is used elsewhere: define the anchor where it is used first, or write the values out`;
};

/** An anchor of a mapping, a list or a text on several lines. */
export const unmovable = (anchor: string): string =>
  `anchor &${anchor} marks more than one line or is defined twice, and lines that use it would move: write out there what it holds`;

/** A value that is not a plain or quoted scalar. */
export const notPlain = (path: readonly PathStep[]): string =>
  `${named(path)} has an anchor or is not written on one line: write a plain value there`;

/** A value to which nothing can be added. */
export const notCollection = (path: readonly PathStep[]): string =>
  `${named(path)} is neither a mapping nor a list: write it as one, in block style`;

/** A document that lines that start with `---` do not separate from its neighbours. */
export const NOT_SEPARATE =
  "the document shares a line with its `---`, or `...` ends one in this file: put `---` on a line of its own, and remove `...`";

/** The only document in its file. */
export const ONLY_DOCUMENT =
  "only comments would be left in the file: move them to another file, and remove this one by hand";

/** Everything in a document. */
export const WHOLE_DOCUMENT = "nothing would be left of the document: remove it by hand";

const named = (path: readonly PathStep[]): string => (path.length === 0 ? "the document" : formatPath(path));
