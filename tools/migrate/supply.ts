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

/** Sets every value that differs from the wanted one; returns false if the text cannot be edited. */
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
  if (Object.keys(missing).length > 0 && !edit.insert(document, path, writeYaml(missing), place))
    return false;
  return entries.every(([key, value]) => {
    const there = present[key];
    if (there === undefined || isDeepStrictEqual(there, value)) return true;
    return isMapping(value)
      ? supply({ edit, document, path: [...path, key] }, there, value)
      : edit.setScalar(document, [...path, key], value as string | number | boolean);
  });
}
