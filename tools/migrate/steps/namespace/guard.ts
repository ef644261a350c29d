import { SourceFile, locate } from "../../../gitops/yaml/source.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { parseApiVersion } from "../../../gitops/kustomize/kinds.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { disablePruning, PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import type { Edits } from "../../edits.ts";
import { findDocument } from "../../objects.ts";
import type { FileChange, Note, StepContext } from "../../step.ts";
import { addPatches, GUARD } from "./patches.ts";
import { guardIndex, type MovingRoot } from "./root.ts";
import { targetFiles } from "./target.ts";

/** Plans the guard for a root's children and for the data that they apply, and the objects in the target namespace. */
export function planGuard(
  moving: MovingRoot,
  context: StepContext,
  edits: Edits,
): { readonly changes: readonly FileChange[]; readonly notes: readonly Note[] } {
  const { root } = moving;
  const { file } = root.origin.source;
  const target = targetFiles(moving, context.repository);
  const notes: Note[] = [...target.notes];
  if (guardIndex(root.object) < 0) {
    const edit = edits.of(file);
    if (!addPatches(edit, edit.documentAt(root.origin.offset), [GUARD]))
      notes.push({
        kind: "refused",
        message: "cannot be guarded: spec.patches is written in a form that cannot be edited safely",
        position: locate(root.origin),
      });
  }
  for (const data of dataOf(moving, context)) {
    const note = keep(data, context, edits);
    if (note) notes.push(note);
  }
  return { changes: target.changes, notes };
}

/** Objects with data that Flux may still prune. */
function dataOf({ cluster }: MovingRoot, { options }: StepContext): readonly BuiltObject[] {
  return cluster.objects
    .filter(({ object, kustomization }) => kustomization && isData(object, options.namespace.data))
    .filter(({ object }) => pruneOf(object) !== "disabled");
}

/** Whether an object has one of the kinds, written `Kind` or `Kind.group`. */
export function isData({ apiVersion, kind }: Mapping, kinds: readonly string[]): boolean {
  const { group } = parseApiVersion(scalarText(apiVersion));
  return kinds.includes(group === "" ? scalarText(kind) : `${scalarText(kind)}.${group}`);
}

/** The value of an object's prune annotation. */
export function pruneOf(object: Mapping): string {
  const annotations = isMapping(object.metadata) ? object.metadata.annotations : undefined;
  return isMapping(annotations) ? scalarText(annotations[PRUNE_ANNOTATION]) : "";
}

function keep(
  { object, origin }: BuiltObject,
  { selected, repository }: StepContext,
  edits: Edits,
): Note | undefined {
  const { source } = origin;
  const left = (why: string): Note => ({
    kind: "refused",
    message: `${scalarText(object.kind)} holds data, and Flux could prune it, but it cannot be guarded: ${why}`,
    position: locate(origin),
  });
  if (!(source instanceof SourceFile) || !findDocument({ file: source.file, origin }, repository))
    return left("it is generated, or an item in a List, and only whole documents can be edited");
  if (!selected(source.file)) return left("--only excludes its file");
  const edit = edits.of(source.file);
  const document = edit.documentAt(origin.offset);
  const done = disablePruning(edit, document);
  return done ? undefined : left("its metadata is not written in block style");
}
