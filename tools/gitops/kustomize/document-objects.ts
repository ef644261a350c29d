import { HOW_TO_EXCLUDE, isOfEdgefirst } from "../own-directory.ts";
import { BuildError } from "../problem.ts";
import type { Origin } from "../yaml/source.ts";
import { cloneValue, entryOrigin, isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { isNothing } from "./documents.ts";
import { Resource, scalarText } from "./resource.ts";

/** The objects in a document, including those in Lists. */
export function expandLists(value: Mapping): readonly Mapping[] {
  const items = listItems(value);
  if (!items) return [value];
  return items.flatMap((item) => {
    if (isNothing(item.value)) return [];
    if (!isMapping(item.value)) throw new BuildError("this is not a Kubernetes object", item.origin);
    return expandLists(item.value);
  });
}

/** The items of a List, and where they are written; undefined for any other value. */
export function listItems(
  value: Value,
): readonly { readonly value: Value; readonly origin: Origin }[] | undefined {
  if (!isMapping(value) || !scalarText(value.kind).endsWith("List")) return undefined;
  const { items } = value;
  if (!Array.isArray(items)) return undefined;
  return items.map((item, index) => ({ value: item, origin: entryOrigin(items, index) }));
}

/**
 * The objects in a document: one, or the items of a List.
 * @throws BuildError for a document that is not an object
 */
export function resourcesOf(value: Value, origin: Origin): Resource[] {
  if (isNothing(value)) return [];
  if (!isMapping(value))
    throw new BuildError(`this is not a Kubernetes object${ofEdgefirst(origin)}`, origin);
  const kind = scalarText(value.kind);
  const items = listItems(value);
  if (items) return items.flatMap((item) => resourcesOf(item.value, item.origin));
  if (kind === "")
    throw new BuildError(
      `this is not a Kubernetes object${ofEdgefirst(origin) || ": it has no kind"}`,
      origin,
    );
  const metadata = isMapping(value.metadata) ? value.metadata : {};
  if (kind === "List") {
    if (value.items === undefined || value.items === null) return [];
    throw new BuildError("the field `items` of this List must be a list", entryOrigin(value, "items"));
  }
  if (scalarText(metadata.name) === "") {
    throw new BuildError(`this ${kind} has no metadata.name`, origin);
  }
  return [new Resource(cloneValue(value), originOf(value))];
}

/** What to do about a file of edgefirst itself that Flux builds; empty for any other file. */
function ofEdgefirst({ source: { file } }: Origin): string {
  return isOfEdgefirst(file)
    ? `, but a file of edgefirst: Flux builds every YAML file below a path without a kustomization.yaml, also this one, and then applies nothing of that Kustomization. Before you push it, ${HOW_TO_EXCLUDE}, and with it the lines of Flux's own list that the repository needs, which the first line of such a file replaces`
    : "";
}
