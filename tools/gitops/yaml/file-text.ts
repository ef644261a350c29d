import type { Repository } from "./repository.ts";
import { SourceFile } from "./source.ts";

/** The text of a file; undefined if it does not exist. @throws BuildError if it is too large to read */
export function fileText(repository: Repository, path: string): string | undefined {
  if (!repository.isFile(path)) return undefined;
  return repository.read(path, { source: new SourceFile(path, ""), offset: 0 }).text;
}

/** The text of a file that is only searched for something; empty if the file does not exist or is too large to read. */
export function searchedText(repository: Repository, path: string): string {
  if (!repository.isFile(path) || repository.isTooLarge(path)) return "";
  return fileText(repository, path) ?? "";
}
