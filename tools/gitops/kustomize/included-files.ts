import { posix } from "node:path";
import type { Repository } from "../yaml/repository.ts";
import { entryOrigin } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import {
  findKustomizationFile,
  readKustomizationFile,
  type KustomizationFile,
} from "./kustomization-file.ts";
import { MAX_INCLUDES } from "./kustomize.ts";
import { scalarText } from "./resource.ts";

/** Every file and directory that a build reads as resources, found without building. Anything unreadable is left out, since the build reports it. */
export function filesOf(
  repository: Repository,
  file: KustomizationFile,
  seen = new Set<string>(),
  depth = 0,
): ReadonlySet<string> {
  if (seen.has(file.directory) || depth > MAX_INCLUDES) return seen;
  seen.add(file.directory);
  for (const field of ["resources", "bases", "components"]) {
    const list = file.fields[field];
    if (!Array.isArray(list)) continue;
    for (const [index, entry] of list.entries()) {
      const path = repository.resolve(file.directory, scalarText(entry));
      if (path === undefined) continue;
      if (repository.isFile(path)) seen.add(path);
      else if (findKustomizationFile(repository, path) !== undefined) {
        try {
          filesOf(
            repository,
            readKustomizationFile(repository, posix.normalize(path), entryOrigin(list, index), "lenient"),
            seen,
            depth + 1,
          );
        } catch (error) {
          if (!(error instanceof BuildError)) throw error;
        }
      }
    }
  }
  return seen;
}
