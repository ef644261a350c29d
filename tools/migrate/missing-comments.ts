import { commentsIn } from "../gitops/edit/comments.ts";

/** The comments that are missing from a new text, each repeated as often as it is missing. */
export function missingComments(comments: readonly string[], text: string): readonly string[] {
  const present = [...commentsIn(text)];
  return comments.filter((comment) => {
    const index = present.indexOf(comment);
    if (index >= 0) present.splice(index, 1);
    return index < 0;
  });
}
