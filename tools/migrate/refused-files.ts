import type { Failure, FileChange, Note } from "./step.ts";

/** Says why a step leaves a file unchanged. */
export function refusal(file: string, reason: string): Note {
  const message = `unchanged, because the change would not be safe: ${reason}`;
  return { kind: "refused", message, position: { file, line: 1, column: 1 } };
}

/**
 * The changed files that cause failures; empty if any failure cannot be traced to a changed file. If a build fails, only the files that cause that: without its
 * objects, other changes seem to be wrong.
 */
export function refusedFiles(
  failures: readonly Failure[],
  changes: readonly FileChange[],
): Map<string, Note> {
  const changed = new Set(changes.map(({ path }) => path));
  const causes = failures.map((failure) => ({
    ...failure,
    files: failure.files.filter((file) => changed.has(file)),
  }));
  const builds = causes.filter(({ isBuild, files }) => isBuild && files.length > 0);
  if (builds.length === 0 && causes.some(({ files }) => files.length === 0)) return new Map();
  const refused = new Map<string, Note>();
  for (const { message, files } of builds.length > 0 ? builds : causes)
    for (const file of files) if (!refused.has(file)) refused.set(file, refusal(file, message));
  return refused;
}
