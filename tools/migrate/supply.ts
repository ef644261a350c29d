import { isDeepStrictEqual } from "node:util";
import { isMapping, type Mapping, type PathStep, type Value } from "../gitops/yaml/values.ts";
import { writeYaml } from "../gitops/edit/write-yaml.ts";
import type { YamlEdit } from "../gitops/edit/yaml-edit.ts";

/** A mapping in a document. */
interface Place {
  readonly edit: YamlEdit;
  readonly document: number;
  readonly path: readonly PathStep[];
}

/** What {@link supply} makes of a value: mappings are merged, and items are added to lists. */
export function supplied(value: Value | undefined, fields: Mapping): Mapping {
  const result: Mapping = { ...(isMapping(value) ? value : {}) };
  for (const [key, own] of Object.entries(fields)) {
    const present = result[key];
    if (isMapping(own)) result[key] = supplied(present, own);
    else
      result[key] =
        Array.isArray(own) && Array.isArray(present) ? [...present, ...missingItems(present, own)] : own;
  }
  return result;
}

const missingItems = (present: readonly Value[], wanted: readonly Value[]): Value[] =>
  wanted.filter((item) => !present.some((one) => isDeepStrictEqual(one, item)));

/** Why {@link supply} fails where the text is not the reason. */
export const IN_ANOTHER_FILE =
  "the values to change are in another file, or are scalars where mappings or lists are expected";

/** Sets every value that differs from the wanted one, and adds missing items to lists; returns false if the text cannot be edited. */
export function supply(
  { edit, document, path }: Place,
  present: Value | undefined,
  fields: Mapping,
  after?: string,
): boolean {
  if (!isMapping(present)) return false;
  const entries = Object.entries(fields);
  const missing = Object.fromEntries(entries.filter(([key]) => present[key] === undefined));
  const place = after !== undefined && present[after] !== undefined ? after : undefined;
  // Done before the nested entries: of two insertions at the same position, the later one comes first in the text.
  if (
    Object.keys(missing).length > 0 &&
    !insert({ edit, document, path }, { present, fields }, missing, place)
  )
    return false;
  return entries.every(([key, value]) => {
    const there = present[key];
    if (there === undefined || isDeepStrictEqual(there, value)) return true;
    if (Array.isArray(value)) {
      if (!Array.isArray(there)) return false;
      const items = missingItems(there, value);
      return items.length === 0 || edit.insert(document, [...path, key], writeYaml(items));
    }
    return isMapping(value)
      ? supply({ edit, document, path: [...path, key] }, there, value)
      : value !== null && edit.setScalar(document, [...path, key], value);
  });
}

/** Adds missing entries: scalars above mappings, as people write them, and anything else at the end. */
function insert(
  { edit, document, path }: Place,
  { present, fields }: { readonly present: Mapping; readonly fields: Mapping },
  missing: Mapping,
  place: string | undefined,
): boolean {
  const lines = writeYaml(missing);
  const [first = ""] = Object.keys(present);
  const own = edit.linesOf(document, [...path, first]);
  const isAbove =
    place === undefined &&
    fields[first] === undefined &&
    Object.values(present).every(isMapping) &&
    !Object.values(missing).some((value) => typeof value === "object");
  const comments =
    edit.commentsOf(document, [...path, first]).length -
    edit.commentsOf(document, [...path, first], true).length;
  return isAbove && own !== undefined && comments === 0
    ? edit.replace(document, [...path, first], `${lines}${own}`)
    : edit.insert(document, path, lines, place);
}
