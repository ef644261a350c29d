import { isCollection } from "yaml";
import type { OwnedComment } from "../../../../gitops/edit/comment-owners.ts";
import { placeAt, rootsOf, type EntryPlace } from "../../../../gitops/edit/entry-places.ts";
import { TextLines } from "../../../../gitops/edit/text-lines.ts";
import type { PathStep } from "../../../../gitops/yaml/values.ts";
import type { Target } from "./comment-targets.ts";

/** The comments of something that moves. Each is taken once, by what explains the same in the new form; what is left has no place there. */
export class MovingComments {
  readonly #left: Set<OwnedComment>;

  constructor(comments: readonly OwnedComment[]) {
    const byStart = new Map(comments.map((comment) => [comment.start, comment]));
    this.#left = new Set([...byStart.values()].toSorted((a, b) => a.start - b.start));
  }

  /** The comments that nothing has taken. */
  get left(): readonly OwnedComment[] {
    return [...this.#left];
  }

  /** Takes comments. */
  take(isWanted: (comment: OwnedComment) => boolean): readonly OwnedComment[] {
    const taken = this.left.filter(isWanted);
    for (const comment of taken) this.#left.delete(comment);
    return taken;
  }
}

/** Comments, and the path of the entry that they come to stand above, or at the end of. */
export interface Placement {
  readonly path: readonly PathStep[];
  readonly lines: readonly string[];
  /** Whether they stand at the end of the entry, because they explain none of those in it. */
  readonly isInside: boolean;
}

/** A YAML document in block style with comments, each above the deepest entry on its path that exists, or at the end of the entry at the path. */
export function withComments(text: string, placements: readonly Placement[]): string {
  if (placements.length === 0) return text;
  const [root] = rootsOf(text);
  const textLines = new TextLines(text, "\n");
  const inserted = new Map<number, string>();
  for (const { path, lines, isInside } of placements) {
    const whole = isInside ? placeAt(root, path) : undefined;
    const first = whole && firstInside(whole);
    const place = path.map((_, index) => placeAt(root, path.slice(0, path.length - index))).find(Boolean);
    const above = textLines.startOf(place?.start ?? 0);
    const start = whole && first !== undefined ? textLines.endOf(whole) : above;
    const sibling = first === undefined ? above : textLines.startOf(first);
    const indent = /^ */.exec(text.slice(sibling))?.[0] ?? "";
    const added = lines.map((one) => `${indent}${one}\n`).join("");
    inserted.set(start, (inserted.get(start) ?? "") + added);
  }
  const starts = [...inserted.keys()].toSorted((a, b) => b - a);
  return starts.reduce(
    (result, start) => result.slice(0, start) + (inserted.get(start) ?? "") + result.slice(start),
    text,
  );
}

/** The offset of the first entry in an entry that is a mapping or list in block style; undefined for any other. */
function firstInside({ value }: EntryPlace): number | undefined {
  return isCollection(value) && value.flow !== true ? value.range?.[0] : undefined;
}

/**
 * YAML documents with the comments that have a place in them, above what they explain there.
 * @param targetOf the entry that a comment explains: in the text with that index
 */
export function withTargeted(
  texts: readonly string[],
  comments: MovingComments,
  targetOf: (comment: OwnedComment) => Target | undefined,
): readonly string[] {
  const targets = new Map(comments.left.map((comment) => [comment, targetOf(comment)]));
  return texts.map((text, index) => {
    // An entry that is switched off has no place in another form.
    const own = comments.take((one) => !one.isSwitchedOff && targets.get(one)?.object === index);
    return withComments(
      text,
      own.map((one) => ({
        path: targets.get(one)?.path ?? [],
        lines: one.lines,
        isInside: one.place === "in",
      })),
    );
  });
}
