import { entryOrigin, setField, type Mapping, type PathStep, type Value } from "../yaml/values.ts";
import type { MergeEntry } from "./merge-entry.ts";

/**
 * Replaces a scalar, and with it every other field of the object that holds the same scalar.
 *
 * A quirk of Kustomize: its transformers of labels and annotations add a single YAML node to all fields that lack the key. What then changes one of these
 * fields changes them all: a patch of a Deployment's label also changes its selector. Source: SetEntry in api/filters/filtersutil/setters.go.
 * @param field the mapping or list that contains the scalar, and the scalar's key in it
 */
export function replaceScalar(
  object: Mapping,
  field: { readonly container: Mapping | Value[]; readonly key: PathStep },
  { value, origin }: MergeEntry,
): void {
  const { container, key } = field;
  const { shared } = entryOrigin(container, key);
  if (shared === undefined) setField(container as Mapping, String(key), value, origin);
  else setEverywhere(object, { value, origin: { ...origin, shared } });
}

/** Sets all scalars below a value that are shared with the new one. */
function setEverywhere(below: Mapping | Value[], entry: MergeEntry): void {
  for (const [key, value] of Object.entries(below)) {
    if (typeof value === "object" && value !== null) setEverywhere(value, entry);
    else if (entryOrigin(below, key).shared === entry.origin.shared)
      setField(below as Mapping, key, entry.value, entry.origin);
  }
}
