import { entryOrigin, isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";

/** A field that must be a list; empty if the field is absent. */
export function listField(fields: Mapping, field: string): Value[] {
  const value = fields[field];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw new BuildError(`the field \`${field}\` must be a list`, entryOrigin(fields, field));
  return value;
}

/** A field that must be a list of mappings. */
export function mappings(fields: Mapping, field: string): readonly Mapping[] {
  const list = listField(fields, field);
  return list.map((entry, index) => {
    if (!isMapping(entry))
      throw new BuildError(
        `each entry of the field \`${field}\` must be a mapping`,
        entryOrigin(list, index),
      );
    return entry;
  });
}
