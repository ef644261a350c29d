import { beforeOwnFiles } from "../gitops/flux/own-files.ts";
import { isOfEdgefirst, mentionsOwn } from "../gitops/own-directory.ts";
import type { Note, StepContext } from "./step.ts";

/** What to do before a file of edgefirst exists, if a step asks for one and Flux would build it. If one is there, the build says so. */
export function ownFileNotes(
  notes: readonly Note[],
  lines: readonly string[],
  { clusters }: StepContext,
): readonly Note[] {
  const isThere = clusters.some(({ problems }) =>
    problems.some(({ position: { file } }) => isOfEdgefirst(file)),
  );
  const isAsked = [...notes.map(({ message }) => message), ...lines].some(mentionsOwn);
  const message = isAsked && !isThere ? beforeOwnFiles(clusters) : undefined;
  return message === undefined ? [] : [{ kind: "option", message }];
}
