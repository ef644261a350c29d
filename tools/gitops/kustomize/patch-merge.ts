import type { Origin } from "../yaml/source.ts";
import { cloneValue, entryOrigin, isMapping, originOf, setField, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { forgetIfReplaced } from "./build-annotations.ts";
import { strategicMerge } from "./merge.ts";
import { scalarText, textIn, type Resource } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { setUntyped } from "./untyped.ts";

/** Whether a patch may also change the object's name and kind. */
interface PatchOptions {
  readonly allowNameChange: boolean;
  readonly allowKindChange: boolean;
}

const NO_OPTIONS: PatchOptions = { allowNameChange: false, allowKindChange: false };

/** The options of an entry of `patches`. */
export function optionsOf({ options }: Mapping): PatchOptions {
  if (!isMapping(options)) return NO_OPTIONS;
  return {
    allowNameChange: options.allowNameChange === true,
    allowKindChange: options.allowKindChange === true,
  };
}

/**
 * Merges a patch into several objects. The patch takes the apiVersion of each, and its labels and annotations become strings. So a null that should remove a label sets it to
 * the text "null". Source: ApplySmPatch in resmap/reswrangler.go.
 */
export function mergeIntoAll(
  resources: Resources,
  targets: readonly Resource[],
  patch: Mapping,
  options = NO_OPTIONS,
): void {
  for (const target of targets) {
    const { apiVersion } = target.object;
    if (typeof apiVersion === "object" && apiVersion !== null)
      throw new BuildError("the apiVersion of the patched object must be a string", originOf(patch));
    const own = cloneValue(patch);
    setApiVersion(own, target.object, originOf(patch));
    const metadata = own.metadata as Mapping;
    for (const field of ["labels", "annotations"]) settlePairs(metadata, field);
    if (scalarText(metadata.namespace) === "") Reflect.deleteProperty(metadata, "namespace");
    else setUntyped(metadata, "namespace", textIn(metadata, "namespace"), entryOrigin(metadata, "namespace"));
    setUntyped(metadata, "name", textIn(metadata, "name"), entryOrigin(metadata, "name"));
    const before = entryOrigin(target.object, "apiVersion");
    mergeInto(resources, target, own, options);
    // The patch has an apiVersion without text then, which is null again.
    if (apiVersion === null && target.object.apiVersion === "")
      setField(target.object, "apiVersion", null, before);
  }
}

function setApiVersion(patch: Mapping, target: Mapping, origin: Origin): void {
  if (scalarText(target.apiVersion) === "") setField(patch, "apiVersion", "", origin);
  else setUntyped(patch, "apiVersion", textIn(target, "apiVersion"), origin);
}

/** Turns the values into strings, and drops a field without values. */
function settlePairs(metadata: Mapping, field: string): void {
  const values = metadata[field];
  // Kustomize takes the elements of a list for keys and values.
  if (Array.isArray(values) && values.length % 2 === 1)
    throw new BuildError(`${field} must be a mapping`, entryOrigin(metadata, field));
  if (!isMapping(values) || Object.keys(values).length === 0) {
    Reflect.deleteProperty(metadata, field);
    return;
  }
  for (const key of Object.keys(values)) setField(values, key, textIn(values, key), entryOrigin(values, key));
}

/** Merges a patch into an object, which keeps its kind, name and namespace unless the options allow a change. Removes the object if the patch deletes it. */
export function mergeInto(
  resources: Resources,
  target: Resource,
  patch: Mapping,
  options: PatchOptions,
): void {
  const { object, name, namespace } = target;
  const { kind } = target.gvk;
  const { kind: kindBefore = "" } = object;
  if (options.allowNameChange || options.allowKindChange) target.rememberId();
  const merged = strategicMerge(object, patch, target.mergeSchema);
  if (merged === undefined) {
    resources.remove(target);
    return;
  }
  target.become(merged);
  forgetIfReplaced(target, patch);
  // Kustomize notes it in an annotation of the patch, which it merges too.
  target.allowed.nameChange ||= options.allowNameChange;
  target.allowed.kindChange ||= options.allowKindChange;
  if (!options.allowKindChange && target.gvk.kind !== kind)
    setField(object, "kind", kindBefore, originOf(object));
  if (!options.allowNameChange) keepMetadata(target, "name", name);
  if (namespace === "") Reflect.deleteProperty(target.metadata, "namespace");
  else keepMetadata(target, "namespace", namespace);
  resources.renamed(target);
}

/** Sets a field of the metadata to its value before a patch, as Kustomize does even if the patch has not changed it. */
function keepMetadata(target: Resource, field: "name" | "namespace", before: string): void {
  const { object } = target;
  if (!isMapping(object.metadata)) target.setMetadata(field, before, originOf(object));
  const metadata = target.metadata;
  const isSame = textIn(metadata, field) === before;
  setUntyped(metadata, field, before, isSame ? entryOrigin(metadata, field) : originOf(object));
}
