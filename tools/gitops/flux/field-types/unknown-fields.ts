import type { Path } from "../../../../policy/engine/path.ts";
import type { Origin } from "../../yaml/source.ts";
import { entryOrigin, isMapping, type Value } from "../../yaml/values.ts";
import { typeOfField, type FieldType } from "./notation.ts";

/** A field that its API does not have. */
export interface UnknownField {
  readonly path: Path;
  readonly origin: Origin;
}

/** The fields below a value that its type does not have. Most types list only a part of the fields: this is for those that list all. */
export function unknownFields(
  value: Value | undefined,
  type: FieldType,
  path: Path = [],
): readonly UnknownField[] {
  if (typeof type === "string" || "pattern" in type) return [];
  if ("list" in type)
    return Array.isArray(value)
      ? value.flatMap((element, index) => unknownFields(element, type.list, [...path, index]))
      : [];
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = [...path, key];
    const known = typeOfField(type, key);
    return known === undefined
      ? [{ path: own, origin: entryOrigin(value, key) }]
      : unknownFields(inner, known, own);
  });
}
