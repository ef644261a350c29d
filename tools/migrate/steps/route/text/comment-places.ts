import type { OwnedComment } from "../../../../gitops/edit/comment-owners.ts";
import { placeAt, rootsOf } from "../../../../gitops/edit/entry-places.ts";
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

/** Comments, and the path of the entry that they come to stand above. */
export interface Placement {
  readonly path: readonly PathStep[];
  readonly lines: readonly string[];
}

/** A YAML document in block style with comments, each above the deepest entry on its path that exists. */
export function withComments(text: string, placements: readonly Placement[]): string {
  const [root] = rootsOf(text);
  const inserted = new Map<number, string>();
  for (const { path, lines } of placements) {
    const place = path.map((_, index) => placeAt(root, path.slice(0, path.length - index))).find(Boolean);
    const start = text.lastIndexOf("\n", (place?.start ?? 0) - 1) + 1;
    const indent = /^ */.exec(text.slice(start))?.[0] ?? "";
    const added = lines.map((line) => `${indent}${line}\n`).join("");
    inserted.set(start, (inserted.get(start) ?? "") + added);
  }
  const starts = [...inserted.keys()].toSorted((a, b) => b - a);
  return starts.reduce(
    (result, start) => result.slice(0, start) + (inserted.get(start) ?? "") + result.slice(start),
    text,
  );
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
      own.map((one) => ({ path: targets.get(one)?.path ?? [], lines: one.lines })),
    );
  });
}
