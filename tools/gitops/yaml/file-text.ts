import type { Repository } from "./repository.ts";
import { startOf } from "./source.ts";

/** The text of a file; undefined if it does not exist. @throws BuildError if it is too large to read */
export function fileText(repository: Repository, path: string): string | undefined {
  if (!repository.isFile(path)) return undefined;
  return repository.read(path, startOf(path)).text;
}

/** The text of a file that is only searched for something; empty if the file does not exist or is too large to read. */
export function searchedText(repository: Repository, path: string): string {
  if (!repository.isFile(path) || repository.isTooLarge(path)) return "";
  return repository.read(path, startOf(path)).text;
}
