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
  const [root] = rootsOf(text);
  const inserted = new Map<number, string>();
  for (const { path, lines, isInside } of placements) {
    const end = isInside ? endOf(placeAt(root, path), text) : undefined;
    const place = path.map((_, index) => placeAt(root, path.slice(0, path.length - index))).find(Boolean);
    const line = lineStart(place?.start ?? 0, text);
    const { start, indent } = end ?? { start: line, indent: indentAt(line, text) };
    const added = lines.map((one) => `${indent}${one}\n`).join("");
    inserted.set(start, (inserted.get(start) ?? "") + added);
  }
  const starts = [...inserted.keys()].toSorted((a, b) => b - a);
  return starts.reduce(
    (result, start) => result.slice(0, start) + (inserted.get(start) ?? "") + result.slice(start),
    text,
  );
}

/** Where a comment at the end of an entry stands, if that is a mapping or list in block style. */
function endOf(
  place: EntryPlace | undefined,
  text: string,
): { readonly start: number; readonly indent: string } | undefined {
  const { value } = place ?? {};
  if (!place || !isCollection(value) || value.flow === true || !value.range) return undefined;
  const indent = indentAt(lineStart(value.range[0], text), text);
  return { start: new TextLines(text, "\n").endOf(place), indent };
}

const lineStart = (offset: number, text: string): number => text.lastIndexOf("\n", offset - 1) + 1;

const indentAt = (start: number, text: string): string => /^ */.exec(text.slice(start))?.[0] ?? "";

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
