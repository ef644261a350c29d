import { entryOrigin, type Mapping, type PathStep, type Value } from "../yaml/values.ts";
import type { Origin } from "../yaml/source.ts";

/** An entry of a mapping or list during a merge. */
export interface MergeEntry {
  readonly value: Value;
  readonly origin: Origin;
}

/** The elements of a list. */
export function elementsOf(list: Value[]): readonly MergeEntry[] {
  return list.map((value, index) => ({ value, origin: entryOrigin(list, index) }));
}

/** The entry of a mapping or list at a step; undefined if there is none. */
export function entryIn(container: Mapping | Value[], step: PathStep): MergeEntry | undefined {
  if (!Object.hasOwn(container, step)) return undefined;
  return { value: (container as Mapping)[step] as Value, origin: entryOrigin(container, step) };
}
