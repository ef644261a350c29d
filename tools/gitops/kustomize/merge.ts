import { cloneValue, isMapping, originOf, setField, type Mapping, type Value } from "../yaml/values.ts";
import { writtenAndRead } from "../yaml/scalar-value.ts";
import { styleOf, type Origin } from "../yaml/source.ts";
import { BuildError } from "../problem.ts";
import { mergeElements } from "./merge-elements.ts";
import { entryIn, type MergeEntry } from "./merge-entry.ts";
import type { MergeSchema } from "./merge-keys.ts";
import { writtenText } from "./resource.ts";
import { takeDirective, takeListDirective } from "./patch-directive.ts";
import { replaceScalar } from "./shared-scalar.ts";

/**
 * An object with a strategic merge patch applied: mappings are merged, `null` and `$patch: delete` remove fields, and lists are merged by key if the kind's
 * schema defines merge keys, or replaced otherwise. Undefined if the patch deletes the object. Neither argument is changed.
 *
 * A port of kyaml/yaml/merge2 and kyaml/yaml/walk, including their quirks: `$patch: replace` does nothing in a list element that has other fields, and if two
 * elements of a patch have the same key, only the first counts.
 */
export function strategicMerge(object: Mapping, patch: Mapping, schema: MergeSchema): Mapping | undefined {
  const entry = { value: cloneValue(object), origin: originOf(object) };
  const merged = new Merge(schema, entry.value).walk(
    entry,
    { value: cloneValue(patch), origin: originOf(patch) },
    "",
  );
  return merged === undefined ? undefined : (merged.value as Mapping);
}

/** The two sides of a merge; a side is undefined if it has no such field. */
type Side = MergeEntry | undefined;

const isAbsent = (side: Side): boolean => side === undefined || side.value === null;

/** Merges one object. Changes both sides, which are copies. */
class Merge {
  readonly #schema: MergeSchema;
  readonly #object: Mapping;

  constructor(schema: MergeSchema, object: Mapping) {
    this.#schema = schema;
    this.#object = object;
  }

  /**
   * The merged value; undefined if the field is cleared.
   * @param path fields only, joined by dots
   */
  walk(target: Side, patch: Side, path: string): Side {
    const { value } = [target, patch].find((side) => !isAbsent(side)) ?? {};
    if (Array.isArray(value)) {
      requireSame(Array.isArray, target, patch, path);
      return this.#list(target, patch, path);
    }
    if (value === undefined || isMapping(value)) {
      requireSame(isMapping, target, patch, path);
      return this.#mapping(target, patch, path);
    }
    requireSame((other) => typeof other !== "object", target, patch, path);
    return patch === undefined || target === undefined ? (patch ?? target) : inStyleOf(target, patch);
  }

  #mapping(target: Side, patch: Side, path: string): Side {
    const into = visitMapping(target, patch);
    if (into === undefined || !isMapping(into.value)) return into;
    const merged = into.value;
    const changes = isMapping(patch?.value) ? patch.value : {};
    // If a patch changes a scalar in several fields that share it, the last one in this order counts.
    for (const key of [...new Set([...Object.keys(merged), ...Object.keys(changes)])].sort()) {
      const field = path === "" ? key : `${path}.${key}`;
      const own = entryIn(merged, key);
      const result = this.walk(own, entryIn(changes, key), field);
      // A null clears the field, but an explicit null that is only in the object stays.
      if (result === undefined || (result.value === null && result !== own))
        Reflect.deleteProperty(merged, key);
      else if (own === undefined || result === own || typeof result.value === "object")
        setField(merged, key, result.value, keptOrigin(result, own));
      else replaceScalar(this.#object, { container: merged, key }, result);
    }
    return into;
  }

  #list(target: Side, patch: Side, path: string): Side {
    const keys = this.#schema(path);
    if (keys === undefined) return patch ?? target;
    const into = visitList(target, patch);
    if (into === undefined || !Array.isArray(into.value)) return into;
    const elements = Array.isArray(patch?.value) ? patch.value : [];
    const merged = mergeElements(into.value, elements, keys, (own, change) => this.walk(own, change, path));
    return merged.length === 0 && into.value.length === 0 ? into : { value: merged, origin: into.origin };
  }
}

/** Source: VisitMap in merge2.go. */
function visitMapping(target: Side, patch: Side): Side {
  if (isAbsent(target)) {
    if (takeDirective(patch?.value) === "delete") return undefined;
    return patch === undefined && target !== undefined && target.origin.blank === undefined ? target : patch;
  }
  if (patch?.value === null) return undefined;
  switch (takeDirective(patch?.value)) {
    case "delete":
      return undefined;
    case "replace":
      return patch;
    default:
      return target;
  }
}

/** Source: VisitList in merge2.go. */
function visitList(target: Side, patch: Side): Side {
  if (isAbsent(target)) return patch;
  if (patch?.value === null) return undefined;
  switch (takeListDirective(patch?.value)) {
    case "delete":
      return undefined;
    case "replace":
      return patch;
    default:
      return target;
  }
}

/** A scalar of a patch takes the style of the scalar that it replaces, so that `8080` in place of `"80"` is a string. */
function inStyleOf(target: MergeEntry, patch: MergeEntry): MergeEntry {
  const { value, origin } = patch;
  if (value === null) return patch;
  const style = styleOf(target.value, target.origin);
  // Only a folded scalar changes when Kustomize writes it.
  const { asRead, ...unfolded } = origin;
  const read = asRead ?? value;
  const text = style === "plain" ? read : writtenText(read, origin);
  const styled = style === styleOf(value, origin) ? unfolded : { ...unfolded, style };
  if (style !== "folded" || typeof text !== "string") return { value: text, origin: styled };
  return { value: writtenAndRead(text), origin: { ...styled, asRead: text } };
}

/** A mapping or list that the patch changes only in part keeps its location. */
function keptOrigin(result: MergeEntry, own: Side): Origin {
  const isOwn = typeof result.value === "object" && result.value === own?.value;
  return isOwn ? own.origin : result.origin;
}

function requireSame(is: (value: Value) => boolean, target: Side, patch: Side, path: string): void {
  for (const side of [target, patch]) {
    const { value = null, origin } = side ?? {};
    if (value === null || origin === undefined || is(value)) continue;
    const message = `the patch and the object have different types at ${path === "" ? "the top" : path}`;
    throw new BuildError(message, patch?.origin ?? origin);
  }
}
