import { cloneValue, isMapping, originOf, setField, type Mapping, type Value } from "../yaml/values.ts";
import { resolvePlain } from "../yaml/schema.ts";
import { styleOf, type Origin } from "../yaml/source.ts";
import { BuildError } from "../problem.ts";
import { mergeElements } from "./merge-elements.ts";
import { entryIn, type MergeEntry } from "./merge-entry.ts";
import type { MergeSchema } from "./merge-keys.ts";
import { readAs, scalarType, setScalar } from "./replaced-value.ts";
import { writtenText } from "./resource.ts";
import { takeDirective, takeListDirective } from "./patch-directive.ts";
import { replaceScalar } from "./shared-scalar.ts";
import { isNonString } from "./yaml-1-1.ts";

/**
 * An object with a strategic merge patch applied: mappings are merged, `null` and `$patch: delete` remove fields, and lists are merged by key if the kind's
 * schema defines merge keys, or replaced otherwise. Undefined if the patch deletes the object. Neither argument is changed.
 *
 * A port of kyaml/yaml/merge2 and kyaml/yaml/walk, including their quirks: `$patch: replace` does nothing in a list element that has other fields, and if two
 * elements of a patch have the same key, only the first counts. At the top of a patch, it makes Kustomize ignore the whole patch, because only changes in place
 * reach the object (Resource.ApplyFilter in api/resource/resource.go).
 */
export function strategicMerge(object: Mapping, patch: Mapping, schema: MergeSchema): Mapping | undefined {
  const entry = { value: cloneValue(object), origin: originOf(object) };
  const merged = new Merge(schema, entry.value).walk(
    entry,
    { value: cloneValue(patch), origin: originOf(patch) },
    "",
  );
  if (merged === undefined) return undefined;
  return merged === entry ? (merged.value as Mapping) : cloneValue(object);
}

/** The two sides of a merge; a side is undefined if it has no such field. */
type Side = MergeEntry | undefined;

/** A null without a type is only the text of a null. */
const isNull = ({ value, origin }: MergeEntry): boolean => value === null && origin.isUntyped !== true;

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
      if (result === undefined || (isNull(result) && result !== own)) Reflect.deleteProperty(merged, key);
      else if (
        own === undefined ||
        result === own ||
        merged === changes ||
        typeof result.value === "object"
      ) {
        const { value, origin } = asSet(result);
        setField(merged, key, value, keptOrigin({ value, origin }, own));
      } else replaceScalar(this.#object, { container: merged, key }, result);
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
    if (takeDirective(patch?.value, true) === "delete") return undefined;
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

/**
 * A scalar of a patch takes the style of the scalar that it replaces, so that `8080` in place of `"80"` is a string. After a tag, even a scalar in quotes keeps its
 * type.
 */
function inStyleOf(target: MergeEntry, patch: MergeEntry): MergeEntry {
  const { value, origin } = patch;
  if (value === null) return patch;
  const style = styleOf(target.value, target.origin);
  // Only a folded scalar changes when Kustomize writes it.
  const read = origin.asRead ?? value;
  const text = writtenText(read, origin);
  const isTagged = target.origin.isTagged === true;
  const type = origin.isUntyped === true ? undefined : scalarType(read, origin);
  const written = (): Value => {
    if (style === "plain") return type === undefined ? resolvePlain(text) : read;
    if (type === undefined) return text;
    return isTagged ? read : readAs(type, text, true);
  };
  return setScalar(written(), origin, { style, text, type, isTagged });
}

/**
 * Kustomize sets every field of the mapping again, and then quotes a scalar without quotes if it is a string, or has no type, and is something else in YAML 1.1: a
 * number as the name of a patched object becomes a string with the next patch. Source: FieldSetter in kyaml/yaml/fns.go.
 */
function asSet(entry: MergeEntry): MergeEntry {
  const { value, origin } = entry;
  if (typeof value === "object" || (typeof value !== "string" && origin.isUntyped !== true)) return entry;
  if (origin.isTagged === true) return entry;
  const text = writtenText(value, origin);
  const isKept =
    !isNonString(text) || styleOf(value, origin) !== "plain" || scalarType(value, origin) === "timestamp";
  return isKept ? entry : { value: text, origin: { ...origin, style: "quoted" } };
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
