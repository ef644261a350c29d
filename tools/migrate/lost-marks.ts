import { marksIn } from "../gitops/edit/anchors.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { missingFrom } from "./missing-from.ts";
import type { FileChange, Note } from "./step.ts";

/** Notes on the YAML anchors and aliases that the changed files lack afterwards. */
export function markNotes(changes: readonly FileChange[], repository: Repository): readonly Note[] {
  return changes.flatMap(({ path, text }): Note[] => {
    const before = fileText(repository, path) ?? "";
    if (text === undefined || !/[&*]\w/.test(before)) return [];
    const lost = missingFrom(marksIn(before), marksIn(text));
    if (lost.length === 0) return [];
    const message = `YAML anchors and aliases are removed with their lines: ${lost.join(", ")}`;
    return [{ kind: "removed", message, position: { file: path, line: 1, column: 1 } }];
  });
}
