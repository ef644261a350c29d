import { isYamlFile } from "../gitops/yaml/paths.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { locate } from "../gitops/yaml/source.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import type { FileChange, Note } from "./step.ts";

/**
 * Finds the files to be rewritten that SOPS has partly encrypted. The checksum (`sops.mac`) covers every value, including the plain ones,
 * so Flux can no longer decrypt a file that was edited without SOPS. Deleting a file or copying it byte for byte is safe.
 */
export function encryptedFiles(
  repository: Repository,
  changes: readonly FileChange[],
): ReadonlyMap<string, Note> {
  const notes = new Map<string, Note>();
  for (const { path, text } of changes) {
    if (text === undefined || !isYamlFile(path) || !repository.isFile(path)) continue;
    const { documents } = repository.parse(path);
    const sealed = documents.find(({ value }) => isMapping(value) && isMapping(value.sops));
    if (!sealed) continue;
    const message =
      "unchanged: SOPS has encrypted parts of this file, and its checksum covers every value; make this change with `sops edit`";
    notes.set(path, { kind: "refused", message, position: locate(sealed.origin) });
  }
  return notes;
}
