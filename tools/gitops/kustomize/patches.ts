import { settleBlanks } from "../yaml/blank.ts";
import { parseYaml } from "../yaml/parse.ts";
import { writtenStyle } from "../yaml/go-yaml-writer.ts";
import { EmbeddedText, styleOf, type Origin, type SourceText } from "../yaml/source.ts";
import {
  cloneValue,
  entryOrigin,
  isMapping,
  originOf,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { forgetIfReplaced, withBuildAnnotations } from "./build-annotations.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { localPath } from "./local-path.ts";
import { strategicMerge } from "./merge.ts";
import { patchesIn, readJsonPatch } from "./patch-text.ts";
import { Resource, scalarText, textIn } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { select, targetOf } from "./selector.ts";
import type { Directory } from "./directory.ts";

/** Applies one entry of `patches`, which cannot name a file if there is no directory. Source: internal/builtins/PatchTransformer.go. */
export function applyPatch(resources: Resources, entry: Mapping, directory?: Directory): void {
  const source = patchText(entry, "patch", directory);
  const target = targetOf(entry);
  const patches = patchesIn(source);
  if (patches.kind === "json") {
    if (!target) throw new BuildError("a JSON patch needs the field `target`", originOf(entry));
    for (const resource of select(resources, target)) {
      resource.rememberId();
      patchWithJson(resource, patches.operations);
      resources.renamed(resource);
    }
    return;
  }
  if (!target) {
    for (const patch of patches.objects) applyToNamed(resources, patch, optionsOf(entry));
    return;
  }
  const [patch, second] = patches.objects;
  if (second) throw new BuildError("a patch with a target must be a single document", originOf(second));
  if (patch) applyToAll(resources, select(resources, target), patch, optionsOf(entry));
}

/** Applies one entry of `patchesJson6902`. Source: internal/builtins/PatchJson6902Transformer.go. */
export function applyJson6902(resources: Resources, entry: Mapping, directory: Directory): void {
  const operations = readJsonPatch(patchText(entry, "patch", directory));
  const target = targetOf(entry);
  if (!target || scalarText(target.name) === "")
    throw new BuildError("an entry of `patchesJson6902` needs a target with a name", originOf(entry));
  if (operations.length === 0) throw new BuildError("the patch is empty", originOf(entry));
  for (const resource of select(resources, target)) {
    patchWithJson(resource, operations);
    resources.renamed(resource);
  }
}

/** Applies `patchesStrategicMerge`, of which each entry is a patch or the path of a patch, in parts that can fail separately. */
export function strategicMerges(
  resources: Resources,
  entries: Value[],
  directory: Directory,
): readonly (() => void)[] {
  let empty = 0;
  return [...entries.keys()].map((index) => () => {
    if (applyStrategicMerge(resources, entries, index, directory) === 0) empty++;
    if (empty === entries.length)
      throw new BuildError("`patchesStrategicMerge` contains no patch", entryOrigin(entries, index));
  });
}

/** Returns the number of patches. */
function applyStrategicMerge(
  resources: Resources,
  entries: Value[],
  index: number,
  directory: Directory,
): number {
  const entry = scalarText(entries[index]);
  const origin = entryOrigin(entries, index);
  const inline = parseYaml(new EmbeddedText(entry, origin));
  const isInline = inline.errors.length === 0 && inline.documents.every(({ value }) => isMapping(value));
  const path = isInline ? undefined : localPath(directory, entry, origin);
  return applyNamed(
    resources,
    path === undefined ? new EmbeddedText(entry, origin) : directory.repository.read(path, origin),
    origin,
  );
}

/** Applies strategic merge patches to the objects that they name, and returns their number. */
export function applyNamed(resources: Resources, source: SourceText, origin: Origin): number {
  const patches = patchesIn(source);
  if (patches.kind === "json")
    throw new BuildError("`patchesStrategicMerge` does not accept JSON patches", origin);
  for (const patch of patches.objects) {
    const target = resources.one(new Resource(patch, originOf(patch)).id, originOf(patch));
    applyToAll(resources, [target], patch, NO_OPTIONS);
  }
  return patches.objects.length;
}

/** Whether a patch may also change the object's name and kind. */
interface PatchOptions {
  readonly allowNameChange: boolean;
  readonly allowKindChange: boolean;
}

const NO_OPTIONS: PatchOptions = { allowNameChange: false, allowKindChange: false };

function optionsOf({ options }: Mapping): PatchOptions {
  if (!isMapping(options)) return NO_OPTIONS;
  return {
    allowNameChange: options.allowNameChange === true,
    allowKindChange: options.allowKindChange === true,
  };
}

function patchWithJson(resource: Resource, operations: Value[]): void {
  const { object } = resource;
  withBuildAnnotations([resource], true, () => {
    // The JSON is made from text.
    settleBlanks(object);
    applyJsonPatch(object, operations);
    settleStyles(object);
    readAnnotationsAsJson(resource.annotations);
  });
}

/** Sets the styles of strings after a JSON patch, which writes the whole object again: a later patch keeps them. No two fields share a scalar then. */
function settleStyles(value: Mapping | Value[]): void {
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === "object" && entry !== null) settleStyles(entry);
    else if (typeof entry === "string") {
      const { isUntyped, shared, ...origin } = entryOrigin(value, key);
      const style = writtenStyle(entry);
      if (isUntyped === true || shared !== undefined || style !== styleOf(entry, origin))
        setField(value as Mapping, key, entry, { ...origin, style });
    }
  }
}

/** Kustomize patches the JSON of the object, in which a date has a time and a null is the word null. */
function readAnnotationsAsJson(annotations: Mapping): void {
  for (const [key, value] of Object.entries(annotations)) {
    if (typeof value === "object" && value !== null) continue;
    const { source, offset } = entryOrigin(annotations, key);
    setField(annotations, key, String(value), { source, offset });
  }
}

function applyToNamed(resources: Resources, patch: Mapping, options: PatchOptions): void {
  const target = resources.one(new Resource(patch, originOf(patch)).id, originOf(patch));
  merge(resources, target, patch, options);
}

/**
 * With a target, a patch takes the object's apiVersion, and the patch's labels and annotations become strings. So a null that should remove a label sets it to
 * the text "null". Source: ApplySmPatch in resmap/reswrangler.go.
 */
function applyToAll(
  resources: Resources,
  targets: readonly Resource[],
  patch: Mapping,
  options: PatchOptions,
): void {
  for (const target of targets) {
    const { apiVersion } = target.object;
    if (typeof apiVersion === "object" && apiVersion !== null)
      throw new BuildError("the apiVersion of the patched object must be a string", originOf(patch));
    const own = cloneValue(patch);
    setField(own, "apiVersion", target.object.apiVersion ?? "", originOf(patch));
    const metadata = own.metadata as Mapping;
    for (const field of ["labels", "annotations"]) settlePairs(metadata, field);
    if (scalarText(metadata.namespace) === "") Reflect.deleteProperty(metadata, "namespace");
    const before = entryOrigin(target.object, "apiVersion");
    merge(resources, target, own, options);
    // The patch has an apiVersion without text then, which is null again.
    if (apiVersion === null && target.object.apiVersion === "")
      setField(target.object, "apiVersion", null, before);
  }
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

/** The object keeps its kind, name and namespace unless the options allow a change. */
function merge(resources: Resources, target: Resource, patch: Mapping, options: PatchOptions): void {
  const { object, namespace } = target;
  const { kind } = target.gvk;
  const { kind: kindBefore = "", metadata } = object;
  const before = isMapping(metadata) ? metadata : {};
  if (options.allowNameChange || options.allowKindChange) target.rememberId();
  const merged = strategicMerge(object, patch, target.mergeSchema);
  if (merged === undefined) {
    resources.remove(target);
    return;
  }
  target.become(merged);
  forgetIfReplaced(target, patch);
  if (!options.allowKindChange && target.gvk.kind !== kind)
    setField(object, "kind", kindBefore, originOf(object));
  if (!options.allowNameChange) keepMetadata(target, "name", before.name);
  if (namespace === "") Reflect.deleteProperty(target.metadata, "namespace");
  else keepMetadata(target, "namespace", before.namespace);
  resources.renamed(target);
}

/** Sets a field of the metadata to its value before a patch, as Kustomize does even if the patch has not changed it. */
function keepMetadata(target: Resource, field: "name" | "namespace", before: Value = ""): void {
  const present = target.metadata[field] ?? "";
  const own = entryOrigin(target.metadata, field);
  const isSame = scalarText(present) === scalarText(before);
  const origin = { ...(isSame ? own : originOf(target.object)), style: styleOf(present, own) };
  target.setMetadata(field, isSame ? present : before, { ...origin, isUntyped: true });
}

function patchText(entry: Mapping, field: string, directory: Directory | undefined): SourceText {
  const inline = scalarText(entry[field]).trim();
  const path = scalarText(entry.path);
  if ((inline === "") === (path === ""))
    throw new BuildError("a patch needs either the field `patch` or the field `path`", originOf(entry));
  if (inline !== "") return new EmbeddedText(scalarText(entry[field]).trimEnd(), entryOrigin(entry, field));
  const origin = entryOrigin(entry, "path");
  if (directory === undefined) throw new BuildError("this patch cannot name a file", origin);
  return directory.repository.read(localPath(directory, path, origin), origin);
}
