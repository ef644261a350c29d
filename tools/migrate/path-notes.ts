import { posix } from "node:path";
import { missingFrom } from "./missing-from.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import { idOf } from "./objects.ts";
import { isBuilt } from "./built-files.ts";
import { readersOfPaths } from "./path-readers.ts";
import type { FileChange, Note, StepContext } from "./step.ts";

/**
 * The lines of programs that name a file from which a step takes objects, or a file or directory that it deletes. The builds do not show what scripts, tasks and
 * workflows do with files.
 * @param after the repository with the changes
 * @param known notes of the step: a line that one is about is not listed again
 */
export function readersOfRemoved(
  changes: readonly FileChange[],
  after: Repository,
  known: readonly Note[],
  { repository, clusters }: Pick<StepContext, "repository" | "clusters">,
): readonly Note[] {
  const outcomes = new Map<string, string>();
  for (const { path, text } of changes) {
    if (!repository.isFile(path)) continue;
    if (text === undefined)
      for (const gone of [path, ...emptied(path, after)]) outcomes.set(gone, "which this step deletes");
    else {
      const [lost, added] = exchanged(objectsIn(path, repository), objectsIn(path, after));
      const instead = added.length === 0 ? "" : `, but ${added.join(", ")}`;
      if (lost.length > 0)
        outcomes.set(path, `which does not contain ${lost.join(", ")} after this step${instead}`);
    }
  }
  if (outcomes.size === 0) return [];
  const isKnown = ({ file, line }: { file: string; line: number }): boolean =>
    known.some(({ position }) => position?.file === file && position.line === line);
  return readersOfPaths(repository, [...outcomes.keys()], { directories: false })
    .filter(({ position: { file } }) => !isBuilt(file, clusters))
    .filter(({ position }) => !isKnown(position))
    .map(({ path, position }) => ({
      kind: "runbook",
      message: `this line names ${path}, ${outcomes.get(path) ?? ""}: adapt it in the same commit`,
      position,
    }));
}

/** The directories above a deleted file in which no file is left. */
function emptied(file: string, after: Repository): readonly string[] {
  const directory = posix.dirname(file);
  const isEmpty = !after.isDirectory(directory) || after.filesBelow(directory, () => true).length === 0;
  if (directory === "." || !isEmpty) return [];
  return [directory, ...emptied(directory, after)];
}

/** The Kubernetes objects in a file, as `Kind namespace/name`. */
const objectsIn = (file: string, repository: Repository): readonly string[] =>
  repository
    .parse(file)
    .documents.flatMap(({ value }) =>
      isMapping(value) &&
      typeof value.kind === "string" &&
      typeof value.apiVersion === "string" &&
      isMapping(value.metadata) &&
      typeof value.metadata.name === "string"
        ? [`${value.kind} ${idOf(value)}`]
        : [],
    );

const exchanged = (
  before: readonly string[],
  after: readonly string[],
): readonly [lost: readonly string[], added: readonly string[]] => [
  missingFrom(before, after),
  missingFrom(after, before),
];
