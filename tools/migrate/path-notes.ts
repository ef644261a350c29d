import { posix } from "node:path";
import { missingFrom } from "./missing-from.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { Position } from "../gitops/yaml/source.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import { idOf } from "./objects.ts";
import { isBuilt } from "./built-files.ts";
import { readersOfPaths, readersOfUnknown } from "./path-readers.ts";
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
  const readers = readersOfPaths(repository, [...outcomes.keys()], { directories: false })
    .filter(({ position: { file } }) => !isBuilt(file, clusters))
    .filter(({ position }) => !isKnown(position))
    .map(({ path, position }) => ({
      message: `this line names ${path}, ${outcomes.get(path) ?? ""}: adapt it in the same commit`,
      position,
    }));
  // What leads to a directory finds other objects in the same file.
  const unknown = changes.some(({ text }) => text === undefined) ? unknownReaders(repository, isKnown) : [];
  return [...readers, ...unknown].map((one): Note => ({ kind: "runbook", ...one }));
}

/** One note on the lines of workflows whose path only a run knows. */
function unknownReaders(
  repository: Repository,
  isKnown: (position: Position) => boolean,
): readonly Pick<Note, "message" | "position">[] {
  const positions = readersOfUnknown(repository).filter((position) => !isKnown(position));
  const [position] = positions;
  if (!position) return [];
  const places = positions.map(({ file, line }) => `${file}:${line}`).join(", ");
  const lines = positions.length === 1 ? "this line takes a path" : `these lines take a path (${places})`;
  const message = `${lines} that only a run of the workflow knows: if it leads to what this step deletes, adapt it in the same commit`;
  return [{ message, position }];
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
