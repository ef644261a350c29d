import { settleBlanks } from "../yaml/blank.ts";
import { writtenStyle } from "../yaml/go-yaml-writer.ts";
import { styleOf } from "../yaml/source.ts";
import { entryOrigin, setField, type Mapping, type Value } from "../yaml/values.ts";
import { withBuildAnnotations } from "./build-annotations.ts";
import { applyJsonPatch } from "./json-patch.ts";
import type { Resource } from "./resource.ts";

/** Applies the operations of a JSON patch to an object. */
export function patchWithJson(resource: Resource, operations: Value[]): void {
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
