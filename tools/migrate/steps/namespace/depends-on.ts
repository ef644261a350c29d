import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { originOf } from "../../../gitops/yaml/values.ts";
import type { Edits } from "../../edits.ts";
import { findDocument, idOf, nameOf } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import { dependsOnOperations, dependsOnPatch } from "./patches.ts";
import { presentIn, referencesOf, type Reference } from "./references.ts";
import type { MovingRoot } from "./root.ts";

/** The root's patches for dependencies that could not be written into their files, and what their owner must know. */
interface DependencyPatches {
  readonly patches: readonly string[];
  readonly notes: readonly Note[];
}

/**
 * Sets the namespace of dependencies that would no longer be in the namespace where a child looks for them: the dependency stays, or moves to another
 * namespace. It goes into the child's own file. Only where that is not possible, the root patches the child: such a patch selects a dependency by its position,
 * and one at a position that no longer exists stops everything that the root applies (RFC 6902, 4.1). Children that need the same change share a patch. A child
 * that shares its name has none, because a patch selects by name.
 */
export function moveDependencies(moving: MovingRoot, context: StepContext, edits: Edits): DependencyPatches {
  const names = new Map<string, string[]>();
  const patched: BuiltObject[] = [];
  for (const child of moving.children) {
    const left = writeNamespaces(
      child,
      newNamespaces(child, moving, context.options.namespace.staying),
      context,
      edits,
    );
    const operations = dependsOnOperations(left);
    if (operations === "" || sharesName(child, moving)) continue;
    names.set(operations, [...(names.get(operations) ?? []), nameOf(child.object).name]);
    patched.push(child);
  }
  return {
    patches: [...names].map(([operations, own]) => dependsOnPatch(own, operations)),
    notes: patched.length === 0 ? [] : [changedTogether(patched, moving)],
  };
}

/** The new namespace of each dependency; undefined for one that stays unchanged. */
function newNamespaces(
  { object }: BuiltObject,
  moving: MovingRoot,
  staying: readonly string[],
): readonly (string | undefined)[] {
  return referencesOf(object)
    .filter(({ use }) => use === "dependsOn")
    .map((reference) => {
      const wanted = namespaceAfter(reference, moving, staying);
      const found = reference.explicit ? reference.namespace : moving.targetOf(object);
      return wanted === found ? undefined : wanted;
    });
}

/** The namespace of a dependency after the move; undefined if the repository and the options do not determine it. */
function namespaceAfter(
  reference: Reference,
  { cluster, children, targetOf }: MovingRoot,
  staying: readonly string[],
): string | undefined {
  const { namespace, name } = reference;
  const child = children.find(({ object }) => idOf(object) === `${namespace}/${name}`);
  if (child) return targetOf(child.object);
  return presentIn(cluster, reference) || staying.includes(name) ? namespace : undefined;
}

/** Writes namespaces into a child's file; returns those that are left. */
function writeNamespaces(
  child: BuiltObject,
  namespaces: readonly (string | undefined)[],
  context: StepContext,
  edits: Edits,
): readonly (string | undefined)[] {
  if (namespaces.every((one) => one === undefined) || !hasOwnList(child, context)) return namespaces;
  const edit = edits.of(child.origin.source.file);
  const document = edit.documentAt(child.origin.offset);
  return namespaces.map((namespace, index) =>
    namespace === undefined || setNamespace(edit, document, index, namespace) ? undefined : namespace,
  );
}

function setNamespace(edit: YamlEdit, document: number, index: number, namespace: string): boolean {
  const entry = ["spec", "dependsOn", index];
  return edit.has(document, [...entry, "namespace"])
    ? edit.setScalar(document, [...entry, "namespace"], namespace)
    : edit.insert(document, entry, stringify({ namespace }), "name");
}

/** Whether a child's list is the one in its file, without variables and patches, and no other Kustomization or cluster receives that file's document. */
function hasOwnList({ object, origin }: BuiltObject, context: StepContext): boolean {
  const { clusters, repository, selected } = context;
  const { file } = origin.source;
  const { dependsOn } = specOf(object);
  if (!Array.isArray(dependsOn) || originOf(dependsOn).source.file !== file) return false;
  if (!repository.isFile(file) || !selected(file)) return false;
  const written = findDocument({ file, origin }, repository);
  const users = clusters
    .flatMap(({ objects }) => objects)
    .filter((other) => other.origin.source.file === file && other.origin.offset === origin.offset);
  return (
    written !== undefined && users.length === 1 && isDeepStrictEqual(specOf(written).dependsOn, dependsOn)
  );
}

/** Whether the root applies another Kustomization with a child's name. */
function sharesName({ object }: BuiltObject, { cluster, root }: MovingRoot): boolean {
  return cluster.objects.some(
    (other) =>
      other.object !== object &&
      isFluxKustomization(other.object) &&
      nameOf(other.object).name === nameOf(object).name &&
      other.kustomization !== undefined &&
      idOf(other.kustomization.object) === idOf(root.object),
  );
}

function changedTogether(patched: readonly BuiltObject[], { root }: MovingRoot): Note {
  const files = [...new Set(patched.map(({ origin }) => origin.source.file))].toSorted();
  const message = `from now on, change the dependsOn of the Kustomizations in these files only together with the patches for it in ${root.origin.source.file}, which select each dependency by its position: a patch for a position that no longer exists stops everything that ${idOf(root.object)} applies, and another dependency at that position gets the patch's namespace: ${files.join(", ")}`;
  return { kind: "runbook", message, position: locate(root.origin) };
}
