import type { Repository } from "../gitops/yaml/repository.ts";
import { locate } from "../gitops/yaml/source.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import type { FileChange, Note } from "./step.ts";

/**
 * Of the files that changes would rewrite, those that SOPS has encrypted in part. Its checksum (`sops.mac`) is of every value of the file,
 * also of those in clear: after any edit by hand, Flux can no longer decrypt it. A file that goes, or a copy byte for byte, is no matter.
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
      "SOPS has encrypted parts of this file, and its checksum is of all values: change it with `sops edit`";
    notes.set(path, { kind: "left", message, position: locate(sealed.origin) });
  }
  return notes;
}
