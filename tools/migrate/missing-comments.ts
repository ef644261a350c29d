import { commentsIn } from "../gitops/edit/comments.ts";
import { missingFrom } from "./missing-from.ts";

/** The comments that are missing from a new text, each repeated as often as it is missing. */
export function missingComments(comments: readonly string[], text: string): readonly string[] {
  return missingFrom(comments, commentsIn(text));
}
