import { settleBlanks } from "../yaml/blank.ts";
import { goFloat } from "../yaml/go-float.ts";
import { writtenStyle } from "../yaml/go-yaml-writer.ts";
import { placeOf, styleOf } from "../yaml/source.ts";
import { entryOrigin, setField, type Mapping, type Value } from "../yaml/values.ts";
import { withBuildAnnotations } from "./build-annotations.ts";
import { requireFiniteNumbers, requireUniqueKeys } from "./documents.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { writtenText, type Resource } from "./resource.ts";

/** Applies the operations of a JSON patch to an object. */
export function patchWithJson(resource: Resource, operations: Value[]): void {
  const { object } = resource;
  withBuildAnnotations([resource], true, () => {
    // The JSON is made from text.
    settleBlanks(object);
    requireFiniteNumbers(object);
    requireUniqueKeys(object);
    applyJsonPatch(object, operations);
    settleScalars(object);
    readAnnotationsAsJson(resource.annotations);
  });
}

/** Sets the texts and styles of scalars after a JSON patch, which writes the whole object again: later changes keep them. No two fields share a scalar then. */
function settleScalars(container: Mapping | Value[]): void {
  for (const [key, value] of Object.entries(container)) {
    if (typeof value === "object" && value !== null) {
      settleScalars(value);
      continue;
    }
    const origin = entryOrigin(container, key);
    const place = placeOf(origin);
    const [text, style] = [textInJson(value), typeof value === "string" ? writtenStyle(value) : "plain"];
    const isSame =
      Object.keys(origin).length === Object.keys(place).length && styleOf(value, place) === style;
    if (!isSame || writtenText(value, place) !== text)
      setField(container as Mapping, key, value, { ...place, style, text });
  }
}

/** The text of a scalar in the object that is read from JSON again, as floats; empty for a mapping or a list. */
function textInJson(value: Value): string {
  if (typeof value === "object" && value !== null) return "";
  return typeof value === "number" ? goFloat(value, 64) : String(value);
}

/** Kustomize patches the JSON of the object, in which a date has a time and a null is the word null. */
function readAnnotationsAsJson(annotations: Mapping): void {
  for (const [key, value] of Object.entries(annotations)) {
    const { source, offset } = entryOrigin(annotations, key);
    setField(annotations, key, textInJson(value), { source, offset });
  }
}
