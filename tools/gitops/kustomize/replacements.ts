import { entryOrigin, isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { styleOf } from "../yaml/source.ts";
import { BuildError, unsupported, UnfitError, UnmatchedError } from "../problem.ts";
import { withBuildAnnotations } from "./build-annotations.ts";
import type { Directory } from "./directory.ts";
import { isNothing } from "./documents.ts";
import { entryAt, fieldsAtPath, splitFieldPath, type Field } from "./field-path.ts";
import { isSelected } from "./kinds.ts";
import { REPLACEMENT } from "./kustomization-type.ts";
import { mappings } from "./lists.ts";
import { localValue } from "./local-value.ts";
import type { MergeEntry } from "./merge-entry.ts";
import { replacedValue, withText } from "./replaced-value.ts";
import { optionsOf, withPart } from "./replacement-options.ts";
import { targetsOf } from "./replacement-targets.ts";
import { scalarText, writtenText, type Resource } from "./resource.ts";
import { effectiveNamespace, type ResourceId } from "./resource-id.ts";
import type { Resources } from "./resources.ts";
import { replaceScalar } from "./shared-scalar.ts";
import { setInText } from "./structured-text.ts";
import { readTyped } from "./typed.ts";

const DEFAULT_PATH = "metadata.name";

/** The entries of `replacements`, including the entries in files that they name. */
export function loadReplacements(entries: readonly Mapping[], directory: Directory): readonly Mapping[] {
  return entries.flatMap((entry) => {
    const path = scalarText(entry.path);
    if (path === "") return [entry];
    const origin = entryOrigin(entry, "path");
    if (entry.source !== undefined || entry.targets !== undefined)
      throw new BuildError(
        "a replacement has either the field `path` or the fields `source` and `targets`",
        origin,
      );
    const value = localValue(directory, path, origin);
    const list = Array.isArray(value) ? value : [value];
    return list.map((own) => {
      if (!isMapping(own)) throw new BuildError("a replacement must be a mapping", origin);
      return readTyped(own, REPLACEMENT, "lenient", originOf(own)) as Mapping;
    });
  });
}

/** Applies one entry of `replacements`. Source: filters/replacement/replacement.go. */
export function replace(resources: Resources, replacement: Mapping): void {
  const { sourceValue } = replacement;
  const targets = mappings(replacement, "targets");
  const hasSource = isMapping(replacement.source) || sourceValue !== undefined;
  if (!hasSource || replacement.targets === undefined)
    throw new BuildError("a replacement needs the fields `source` and `targets`", originOf(replacement));
  if (isMapping(replacement.source) && sourceValue !== undefined)
    throw new BuildError(
      "a replacement has either the field `source` or the field `sourceValue`, not both",
      originOf(replacement),
    );
  const change = (): void => {
    // A target may be the source itself, and so change the value for the targets after it.
    const read = isMapping(replacement.source)
      ? sourceOf(resources, replacement.source)
      : () => withText({ value: "", origin: originOf(replacement) }, scalarText(sourceValue), true);
    for (const target of targets) {
      for (const resource of targetsOf(resources, target)) {
        copyTo(resource, read, target);
        resources.renamed(resource);
      }
    }
  };
  const sourcePath = isMapping(replacement.source) ? [scalarText(replacement.source.fieldPath)] : [];
  const paths = [...sourcePath, ...targets.flatMap(pathsOf)];
  if (paths.some(containsAnnotations)) withBuildAnnotations(resources.all, false, change);
  else change();
}

const containsAnnotations = (path: string): boolean =>
  ["metadata", "metadata.annotations"].includes(splitFieldPath(path).join("."));

function sourceOf(resources: Resources, source: Mapping): () => MergeEntry {
  const origin = originOf(source);
  const found = resources.all.filter((resource) => resource.ids.some((id) => isSource(id, source)));
  const [resource] = found;
  if (!resource) throw new UnmatchedError("the source of the replacement matches no object", origin);
  if (found.length > 1)
    throw new BuildError(`the source of the replacement matches ${found.length} objects, not 1`, origin);
  const path = scalarText(source.fieldPath) || DEFAULT_PATH;
  const steps = splitFieldPath(path);
  const entry = entryAt(resource.object, steps, origin);
  const { value = null } = entry ?? {};
  if (entry === undefined || isNothing(value))
    throw new UnfitError(
      `the source of the replacement has no field ${path}`,
      origin,
      originOf(resource.object),
    );
  const { delimiter, index } = optionsOf(source);
  if (delimiter === "") return () => entryAt(resource.object, steps, origin) ?? entry;
  if (typeof value === "object")
    throw new BuildError("the option `delimiter` of a replacement's source needs a scalar field", origin);
  const text = writtenText(value, entry.origin);
  const part = text.split(delimiter)[index];
  if (part === undefined)
    throw new BuildError(`options.index ${index} is out of bounds for the value ${text}`, origin);
  const refined = withText(entry, part);
  return () => refined;
}

function isSource(id: ResourceId, source: Mapping): boolean {
  const [name, namespace] = [scalarText(source.name), scalarText(source.namespace)];
  const gvk = {
    group: scalarText(source.group),
    version: scalarText(source.version),
    kind: scalarText(source.kind),
  };
  return (
    (name === "" || name === id.name) &&
    (namespace === "" || effectiveNamespace({ gvk, name, namespace }) === effectiveNamespace(id)) &&
    isSelected(id.gvk, gvk)
  );
}

const pathsOf = ({ fieldPaths }: Mapping): readonly string[] =>
  Array.isArray(fieldPaths) ? fieldPaths.map(scalarText) : [];

function copyTo({ object }: Resource, read: () => MergeEntry, target: Mapping): void {
  const paths = pathsOf(target);
  for (const path of paths.length > 0 ? paths : [DEFAULT_PATH]) {
    const { create } = optionsOf(target);
    const origin = originOf(target);
    const steps = splitFieldPath(path);
    requireSteps(steps, target);
    if (setInText(object, { steps, entry: read(), create, origin })) continue;
    const fields = fieldsAtPath(object, steps, create ? read().value : undefined, origin);
    if (fields.length === 0)
      throw new UnfitError(`the target of the replacement has no field ${path}`, origin, originOf(object));
    for (const field of fields) setValue(object, field, read(), target);
  }
}

/** A path may start with a dot. Kustomize finds no field at any other empty step, but may write an empty text there if it creates fields. */
function requireSteps([first, ...others]: readonly string[], target: Mapping): void {
  const steps = first === "" ? others : [first, ...others];
  if (steps.length > 0 && !steps.includes("")) return;
  const origin = originOf(target);
  if (optionsOf(target).create) throw unsupported("empty steps in field paths that create fields", origin);
  throw new BuildError("a step in a field path of the replacement's target is empty", origin);
}

function setValue(
  object: Mapping,
  { container, key, isNew }: Field,
  entry: MergeEntry,
  target: Mapping,
): void {
  const { source, offset } = originOf(target);
  const present = { value: (container as Mapping)[key] as Value, origin: entryOrigin(container, key) };
  const replacement = withPart(present, entry, optionsOf(target));
  if (replacement === undefined)
    throw new BuildError("the option `delimiter` of a replacement's target needs a scalar field", {
      source,
      offset,
    });
  const { value, origin } = replacedValue(present, replacement, isNew);
  const written =
    typeof value === "object" ? {} : { style: styleOf(value, origin), text: writtenText(value, origin) };
  replaceScalar(object, { container, key }, { value, origin: { ...origin, ...written, source, offset } });
}
