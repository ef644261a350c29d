import { scalarText as textIn } from "../../../gitops/kustomize/resource.ts";
import { locate, SourceFile } from "../../../gitops/yaml/source.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { commentsIn, isSchemaComment } from "../../../gitops/edit/comments.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { disablePruning } from "../../prune-annotation.ts";
import { missingComments } from "../../missing-comments.ts";
import { Edits } from "../../edits.ts";
import { entriesNaming, removeEntries, type Entry } from "../../entries.ts";
import type { FileChange, Note, Plan, StepContext } from "../../step.ts";
import { notEditable } from "../../not-editable.ts";
import { isKept } from "./objects.ts";

/** Plans the guard that keeps Flux from pruning the objects and what they applied. */
export function planGuard(objects: readonly BuiltObject[], { repository }: StepContext): Plan {
  const edits = new Edits(repository);
  const notes = objects
    .filter(({ object }) => !isKept(object))
    .flatMap(({ object, origin }): Note[] => {
      const edit = edits.of(origin.source.file);
      const document = edit.documentAt(origin.offset);
      const policy = ["spec", "deletionPolicy"];
      const done =
        origin.source instanceof SourceFile &&
        disablePruning(edit, document) &&
        (!isFluxKustomization(object) ||
          (edit.has(document, policy)
            ? edit.setScalar(document, policy, "Orphan")
            : edit.insert(document, ["spec"], "deletionPolicy: Orphan", afterPrune(edit, document))));
      if (done) return [];
      const message = `${textIn(object.kind)} cannot be guarded: ${notEditable(edit, origin.source.file)}`;
      return [{ kind: "refused", message, position: locate(origin) }];
    });
  return { changes: edits.changes(), notes };
}

/** Both fields decide what is deleted, and the list of patches may be long. */
const afterPrune = (edit: YamlEdit, document: number): string | undefined =>
  edit.has(document, ["spec", "prune"]) ? "prune" : undefined;

/** Removes objects from their files; a file that becomes empty is deleted together with the entries that name it, which may be in kustomizations above it. */
export function planRemoval(objects: readonly BuiltObject[], { repository }: StepContext): Plan {
  const edits = new Edits(repository);
  const changes: FileChange[] = [];
  const notes: Note[] = [];
  const entries: Entry[] = [];
  for (const [file, own] of Map.groupBy(objects, ({ origin }) => origin.source.file)) {
    const edit = new YamlEdit(fileText(repository, file) ?? "");
    const offsets = own.map(({ origin }) => origin.offset);
    const before = commentsIn(fileText(repository, file) ?? "");
    const isKept = edit.removeDocuments(offsets);
    const comments = isKept ? missingComments(before, edit.text()) : before;
    notes.push(...removedComments(comments, file));
    changes.push({ path: file, text: isKept ? edit.text() : undefined });
    if (isKept) continue;
    entries.push(...entriesNaming(repository, file));
  }
  for (const [kustomization, own] of Map.groupBy(entries, (entry) => entry.kustomization)) {
    const edit = edits.of(kustomization);
    const before = commentsIn(fileText(repository, kustomization) ?? "");
    removeEntries(edit, own);
    notes.push(...removedComments(missingComments(before, edit.text()), kustomization));
  }
  return { changes: [...changes, ...edits.changes()], notes };
}

function removedComments(comments: readonly string[], file: string): readonly Note[] {
  const own = comments.filter((comment) => !isSchemaComment(comment));
  if (own.length === 0) return [];
  const message = `comments deleted with the objects that are handed over: ${own.join(" ")}`;
  return [{ kind: "removed", message, position: { file, line: 1, column: 1 } }];
}
