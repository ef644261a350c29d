import type { Repository } from "./repository.ts";
import { SourceFile } from "./source.ts";

/** The text of a file; undefined if it does not exist. */
export function fileText(repository: Repository, path: string): string | undefined {
  if (!repository.isFile(path)) return undefined;
  return repository.read(path, { source: new SourceFile(path, ""), offset: 0 }).text;
}
