import type { Repository } from "../gitops/yaml/repository.ts";
import { locate } from "../gitops/yaml/source.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import type { FileChange, Note } from "./step.ts";

/**
 * Finds the files, among those to rewrite, that SOPS has encrypted in part. The checksum (`sops.mac`) covers every value, including the
 * plain ones: after any manual edit, Flux can no longer decrypt the file. Deleting a file or copying it byte for byte is safe.
 */
export function encryptedFiles(
  repository: Repository,
  changes: readonly FileChange[],
): ReadonlyMap<string, Note> {
  const notes = new Map<string, Note>();
  for (const { path, text } of changes) {
    if (text === undefined || !/\.ya?ml$/.test(path) || !repository.isFile(path)) continue;
    const { documents } = repository.parse(path);
    const sealed = documents.find(({ value }) => isMapping(value) && isMapping(value.sops));
    if (!sealed) continue;
    const message =
      "stays: SOPS has encrypted parts of this file, and its checksum covers every value; make this change with `sops edit`";
    notes.set(path, { kind: "refused", message, position: locate(sealed.origin) });
  }
  return notes;
}
