import { SourceFile, locate } from "../../../gitops/yaml/source.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { disablePruning } from "../../prune-annotation.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { hasFeature, versionToCheck, whyNoDeletionPolicy, whyTooOld } from "../../flux-version.ts";
import type { Edits } from "../../edits.ts";
import { findDocument, idOf } from "../../objects.ts";
import type { FileChange, Note, StepContext } from "../../step.ts";
import { customKindsOf, dataKindsOf, isData, keptByGuardOnly, pruneOf } from "./data.ts";
import { sharedNames } from "./move.ts";
import { addPatches, GUARD } from "./patches.ts";
import { referencesOf } from "./references.ts";
import { whyPruned, whyUnguarded } from "./reach.ts";
import { guardIndex, writtenRoot, type MovingRoot } from "./root.ts";
import { notEditable } from "../../not-editable.ts";
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
  const notes: Note[] = [
    ...uncertain(moving, context),
    ...guardOnly(moving),
    ...operated(moving, context),
    ...otherRoots(moving),
  ];
  if (guardIndex(root.object) < 0) {
    const edit = edits.of(file);
    const written = writtenRoot(moving, context.repository);
    if (!addPatches(edit, edit.documentAt(root.origin.offset), [GUARD], written))
      notes.push({
        kind: "refused",
        message: `cannot be guarded: ${notEditable(edit, file)}`,
        position: locate(root.origin),
      });
  }
  const refused = new Map<string, Note>();
  for (const data of dataOf(moving, context)) {
    const note = keep(data, context, edits);
    if (note) refused.set(JSON.stringify(note), note);
  }
  return { changes: target.changes, notes: [...notes, ...refused.values()] };
}

/**
 * Why the guard is not written, as `refused` notes. Without the target's settings, or with names that two children would share, the move could never follow,
 * and the guard would stay for good.
 */
export function guardObstacles(moving: MovingRoot, context: StepContext): readonly Note[] {
  return [
    ...tooOld(moving, context),
    ...withoutEffect(moving, context),
    ...targetFiles(moving, context.repository).notes,
    ...sharedNames(moving, context),
  ];
}

/** A guard that is written already, and does not reach every child. */
function withoutEffect(moving: MovingRoot, { repository }: StepContext): readonly Note[] {
  const { root } = moving;
  const isWritten = [root.object, writtenRoot(moving, repository)].some((one) => guardIndex(one) >= 0);
  const reason = isWritten ? whyUnguarded(moving) : undefined;
  return reason === undefined
    ? []
    : [{ kind: "refused", message: `cannot be guarded: ${reason}`, position: locate(root.origin) }];
}

function tooOld({ cluster, root, children }: MovingRoot, { repository }: StepContext): readonly Note[] {
  const reason = whyTooOld(cluster, "deletionPolicy", repository) ?? whyNoDeletionPolicy(children);
  return reason === undefined
    ? []
    : [{ kind: "refused", message: `cannot be guarded: ${reason}`, position: locate(root.origin) }];
}

/** What to check if the repository neither shows the Flux version nor uses the guard's field already. */
function uncertain({ cluster, root }: MovingRoot, { repository }: StepContext): readonly Note[] {
  const isUsed = cluster.objects.some(
    ({ object }) => isFluxKustomization(object) && specOf(object).deletionPolicy !== undefined,
  );
  if (isUsed || hasFeature(cluster, "deletionPolicy", repository) !== undefined) return [];
  const message = versionToCheck(cluster, "deletionPolicy");
  return [{ kind: "runbook", message, position: locate(root.origin) }];
}

/** Releases and StatefulSets with data, in one line. */
function guardOnly(moving: MovingRoot): readonly Note[] {
  const kept = keptByGuardOnly(moving);
  if (kept.length === 0) return [];
  const message = `only the guard keeps these during the move, because they do not get prune: disabled: ${kept.join(", ")}`;
  return [{ kind: "runbook", message, position: locate(moving.root.origin) }];
}

/** Custom resources by kind, in one line: which controllers delete more than the object cannot be read from a repository. */
function operated(moving: MovingRoot, context: StepContext): readonly Note[] {
  const kinds = customKindsOf(moving, context);
  if (kinds.length === 0) return [];
  const message = `only the guard keeps these custom resources during the move; the controller of each may delete what it manages along with it: ${kinds.join(", ")}`;
  return [{ kind: "runbook", message, position: locate(moving.root.origin) }];
}

/** Kustomizations outside the root that apply another Git repository: this one does not show what they apply. */
function otherRoots({ cluster, root }: MovingRoot): readonly Note[] {
  const parentOf = ({ kustomization }: BuiltObject): string =>
    kustomization ? idOf(kustomization.object) : "";
  const built = new Set(cluster.objects.map(parentOf));
  return cluster.objects
    .filter((one) => isFluxKustomization(one.object) && parentOf(one) === parentOf(root))
    .filter(({ object }) => !built.has(idOf(object)))
    .filter(({ object }) => sourceIdOf(object).startsWith("GitRepository "))
    .filter(({ object }) => sourceIdOf(object) !== sourceIdOf(root.object))
    .map(({ object, origin }) => ({
      kind: "runbook",
      message: `Kustomization ${idOf(object)} applies ${sourceIdOf(object)}, which is not this repository: what it applies is not guarded, and must not depend on a child that moves`,
      position: locate(origin),
    }));
}

function sourceIdOf(kustomization: Mapping): string {
  const source = referencesOf(kustomization).find(({ use }) => use === "sourceRef");
  return source ? `${source.kind} ${source.namespace}/${source.name}` : "";
}

/** Objects with data that Flux may still prune. */
function dataOf({ cluster }: MovingRoot, context: StepContext): readonly BuiltObject[] {
  const kinds = dataKindsOf(context);
  return cluster.objects
    .filter(({ object, kustomization }) => kustomization && isData(object, kinds))
    .filter(({ object }) => pruneOf(object) !== "disabled");
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
  const overridden = whyPruned({ object, origin }, repository);
  if (overridden !== undefined) return left(overridden);
  const edit = edits.of(source.file);
  const document = edit.documentAt(origin.offset);
  const done = disablePruning(edit, document);
  return done ? undefined : left(notEditable(edit, source.file));
}
