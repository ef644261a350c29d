import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** The top-level key in a file whose value contains a line. */
export function findTopLevelKey(repository: Repository, file: string, line: number): string | undefined {
  const lines = (fileText(repository, file) ?? "").split(/\r?\n/).slice(0, line);
  return lines.reverse().flatMap((text) => /^"?'?([A-Za-z]\w*)"?'?\s*:/.exec(text)?.[1] ?? [])[0];
}
