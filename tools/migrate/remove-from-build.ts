import { isDeepStrictEqual } from "node:util";
import { findKustomizationFile } from "../gitops/kustomize/kustomization-file.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { commentsIn, isSchemaComment } from "../gitops/edit/comments.ts";
import { YamlEdit } from "../gitops/edit/yaml-edit.ts";
import { referencesInto } from "./steps/components/references.ts";
import { notEditable } from "./not-editable.ts";
import { missingComments } from "./missing-comments.ts";
import { entryOf, removeEntries, type Entry } from "./entries.ts";
import type { FileChange } from "./step.ts";
import type { IncludedObject } from "./included-objects.ts";

/** The changes that remove an object from a build, and the comments that are deleted with it. */
export interface Removal {
  readonly changes: readonly FileChange[];
  readonly comments: readonly string[];
}

/**
 * Removes an object from what a kustomization builds: the entry that includes only this object, otherwise its document.
 * @returns the reason if that is not possible
 */
export function removeFromBuild(
  { file, directory, written, isOnlyInclusion }: IncludedObject,
  repository: Repository,
): Removal | string {
  if (directory === undefined) return "no Kustomization in this repository applies it";
  if (written === undefined)
    return "it is generated, or an item in a List, and only whole documents can be removed";
  const { documents } = repository.parse(file);
  // Without a kustomization file, Flux includes every file in the directory.
  if (findKustomizationFile(repository, directory) !== undefined) {
    const entry = entryOf(repository, directory, file);
    if (entry === undefined) return "every kustomization entry that includes it includes other objects too";
    if (!entry.direct || documents.length === 1) return withoutEntry(file, entry, repository);
  }
  if (!isOnlyInclusion) return "another kustomization includes the same file";
  const document = documents.find(({ value }) => isDeepStrictEqual(value, written));
  if (!document) return "this step has already changed its document";
  const { offset } = document.origin;
  const edit = new YamlEdit(fileText(repository, file) ?? "");
  const comments = edit.commentsOfDocument(offset, false);
  if (documents.length === 1) return { changes: [{ path: file, text: undefined }], comments };
  return edit.removeDocument(offset)
    ? { changes: [{ path: file, text: edit.text() }], comments }
    : `its document cannot be removed: ${notEditable(edit, file)}`;
}

function withoutEntry(file: string, entry: Entry, repository: Repository): Removal | string {
  const { kustomization, direct } = entry;
  const edit = new YamlEdit(fileText(repository, kustomization) ?? "");
  const before = commentsIn(fileText(repository, kustomization) ?? "");
  if (!removeEntries(edit, [entry]))
    return `its entry cannot be removed: ${notEditable(edit, kustomization)}`;
  const comments = missingComments(before, edit.text());
  const changes: FileChange[] = [{ path: kustomization, text: edit.text() }];
  const others = referencesInto(repository, file).filter((position) => position.file !== kustomization);
  if (!direct || others.length > 0) return { changes, comments };
  const inFile = commentsIn(fileText(repository, file) ?? "").filter((comment) => !isSchemaComment(comment));
  return { changes: [...changes, { path: file, text: undefined }], comments: [...comments, ...inFile] };
}
