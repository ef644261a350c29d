import type { BuildProblem, PatchedObject } from "../gitops/problem.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import { fieldAt } from "./objects.ts";
import type { Failure } from "./step.ts";

/** Identifies a problem before and after a step, which may move its line. */
export const problemKey = ({ message, position }: BuildProblem): string => `${position.file}: ${message}`;

/** A problem that a step causes, with the changed files behind it: those with the object of a patch that now matches nothing. */
export function problemFailure(
  { message, position: { file, line }, patched, unpatchable }: BuildProblem,
  changed: readonly string[],
  before: Repository,
  after: Repository,
): Failure {
  if (unpatchable !== undefined)
    return { message: `${file}:${line}: ${message}`, files: [file, unpatchable], isBuild: true };
  if (patched === undefined) return { message, files: [file], isBuild: true };
  const files = changed.filter(
    (path) => before.isFile(path) && contains(before, path, patched) && !contains(after, path, patched),
  );
  return {
    message: `${file}:${line} patches ${patched.kind} ${patched.name}, which the step replaces, and the build would fail: write what the patch sets into this file and remove the patch, or replace both by hand`,
    files: [file, ...files],
    isBuild: true,
  };
}

function contains(repository: Repository, path: string, { kind, name }: PatchedObject): boolean {
  return (
    repository.isFile(path) &&
    repository
      .parse(path)
      .documents.some(
        ({ value }) =>
          isMapping(value) && value.kind === kind && fieldAt(value, ["metadata", "name"]) === name,
      )
  );
}
