import { commentsIn, isSchemaComment } from "../gitops/edit/comments.ts";
import { yamlComments } from "../gitops/yaml/tokens.ts";
import { isYamlFile } from "../gitops/yaml/paths.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { commentLosses, lossNotes, lossRefusal } from "./losses.ts";
import { missingBy, missingFrom } from "./missing-from.ts";
import type { FileChange, Note, Step, StepContext } from "./step.ts";

/** What becomes of comments that changes would delete and that no note names, although a step has to name them. */
export interface SilentLosses {
  /** Why files must not change, by path. */
  readonly refused: ReadonlyMap<string, Note>;
  /** The losses that the owner accepts. */
  readonly notes: readonly Note[];
}

/** Comments may move between the changed files, so they are compared as a whole. */
export function silentLosses(
  { ownComments = [] }: Step,
  changes: readonly FileChange[],
  notes: readonly Note[],
  context: StepContext,
): SilentLosses {
  const yaml = changes.filter(({ path }) => isYamlFile(path));
  const before = yaml.map(({ path }) => ({ path, text: fileText(context.repository, path) ?? "" }));
  const after = yaml.map(({ text = "" }) => text);
  // Most changes lose nothing that even looks like a comment.
  if (missing(before, after, commentsIn).size === 0) return { refused: new Map(), notes: [] };
  const named = [...notes.map(({ message }) => message), ...ownComments].join("\n");
  const refused = new Map<string, Note>();
  const accepted: Note[] = [];
  for (const [path, all] of missing(before, after, (text) =>
    yamlComments(text).map(({ source }) => source),
  )) {
    const comments = all.filter((comment) => !isNamed(comment, named));
    if (comments.length === 0) continue;
    const losses = commentLosses(comments, path).map((loss, index) => ({
      ...loss,
      line: lineOf(comments[index] ?? "", fileText(context.repository, path) ?? ""),
    }));
    const position = { file: path, line: 1, column: 1 };
    const refusal = lossRefusal(losses, context, position);
    if (refusal) refused.set(path, refusal);
    else accepted.push(...lossNotes(losses, position));
  }
  return { refused, notes: accepted };
}

/** The comments that the new texts lack, by the file that had them. */
function missing(
  before: readonly { readonly path: string; readonly text: string }[],
  after: readonly string[],
  commentsOf: (text: string) => readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const all = before.map(({ path, text }) => ({ path, comments: commentsOf(text) }));
  const kept = after.map(commentsOf);
  // What its own file still has is not lost from it, even if another file loses one that differs in a path only.
  const unlike = all.flatMap(({ path, comments }, index) =>
    missingFrom(comments, kept[index] ?? []).map((comment) => ({ path, comment })),
  );
  const unused = kept.flatMap((comments, index) => missingFrom(comments, all[index]?.comments ?? []));
  const gone = missingBy(unlike, unused.map(withoutPaths), ({ comment }) => withoutPaths(comment));
  return new Map(
    [...Map.groupBy(gone, ({ path }) => path)].map(([path, own]) => [
      path,
      own.map(({ comment }) => comment),
    ]),
  );
}

/** The line of a comment in a text, from 1. */
function lineOf(comment: string, text: string): number {
  const offset = yamlComments(text).find(({ source }) => source === comment)?.offset ?? 0;
  return text.slice(0, offset).split("\n").length;
}

/** A step rewrites the paths of what it moves, in comments too, but no address. */
const withoutPaths = (comment: string): string =>
  comment.replace(/\S*\/\S*/g, (word) => (word.includes("://") ? word : "/"));

function isNamed(comment: string, named: string): boolean {
  const text = comment.replace(/^#+\s*/, "").trim();
  return text === "" || isSchemaComment(comment) || named.includes(text);
}
