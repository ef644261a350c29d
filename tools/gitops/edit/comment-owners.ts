import { isMap, isSeq, type Node } from "yaml";
import type { PathStep } from "../yaml/values.ts";
import type { CommentBlock } from "./comment-blocks.ts";
import { entryPlace, keyText } from "./entry-places.ts";

/** Comments and the entry that they explain. */
export interface OwnedComment extends CommentBlock {
  /** The path of the entry, in its document. */
  readonly owner: readonly PathStep[];
  /** Whether they stand above the entry, on its line, or somewhere inside it without explaining one of its entries. */
  readonly place: "above" | "at" | "in";
  /** The line of the first one, from 1. */
  readonly line: number;
}

interface Entry {
  readonly path: readonly PathStep[];
  readonly start: number;
  readonly column: number;
}

/**
 * The comments of a document whose root is `root` that start between two offsets, with the entries that they explain.
 * @param blocks all comments in `text`
 */
export function ownedComments(
  text: string,
  blocks: readonly CommentBlock[],
  root: Node | null | undefined,
  [from, to]: readonly [from: number, to: number],
): readonly OwnedComment[] {
  const own = blocks.filter(({ start }) => start >= from && start < to);
  if (own.length === 0) return [];
  const entries = entriesBelow(root ?? null, text);
  return own.map((block) => {
    const line = text.slice(0, block.start).split("\n").length;
    return { ...block, ...ownerOf(block, entries, text), line };
  });
}

/** The entries below a node, in the order of the text. */
function entriesBelow(root: Node | null, text: string): readonly Entry[] {
  const entries: Entry[] = [];
  const visit = (node: Node | null, path: readonly PathStep[]): void => {
    const steps = isMap<Node>(node)
      ? node.items.map(({ key }) => keyText(key))
      : isSeq<Node>(node)
        ? [...node.items.keys()]
        : [];
    for (const step of steps) {
      const place = entryPlace(node, step);
      if (!place) continue;
      const { start, value } = place;
      const column = start - (text.lastIndexOf("\n", start - 1) + 1);
      entries.push({ path: [...path, step], start, column });
      visit(value, [...path, step]);
    }
  };
  visit(root, []);
  return entries.toSorted((a, b) => a.start - b.start);
}

function ownerOf(
  block: CommentBlock,
  entries: readonly Entry[],
  text: string,
): Pick<OwnedComment, "owner" | "place"> {
  const before = entries.filter(({ start }) => start < block.start);
  const previous = before.at(-1);
  if (block.trails) return { owner: previous?.path ?? [], place: "at" };
  const next = entries[before.length];
  const between = text.slice(block.end, next?.start).split("\n").slice(1, -1);
  const isAdjacent = next !== undefined && between.every((line) => line.trim().startsWith("#"));
  if (isAdjacent && block.column <= next.column) return { owner: next.path, place: "above" };
  // Like the next entry, but with a blank line in between.
  if (next?.column === block.column) return { owner: next.path.slice(0, -1), place: "in" };
  const around = before
    .filter(({ path }) => path.every((step, index) => step === previous?.path[index]))
    .findLast(({ column }) => column <= block.column);
  const owner = around?.column === block.column ? around.path.slice(0, -1) : (around?.path ?? []);
  return { owner, place: "in" };
}
