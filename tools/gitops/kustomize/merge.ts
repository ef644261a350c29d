import type { Origin } from "../yaml/source.ts";
import {
  cloneValue,
  entryOrigin,
  mappingAt,
  isMapping,
  listAt,
  originOf,
  pushElement,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError, unsupported } from "../problem.ts";
import type { Gvk } from "./kinds.ts";
import { mergeKeys, type MergeKeys } from "./merge-keys.ts";
import { scalarText } from "./resource.ts";

/**
 * An object with a strategic merge patch applied as Kustomize does it: mappings are merged, `null` and `$patch: delete` remove, lists
 * are merged by key where the kind's schema says so (the patch's elements come first) and replaced otherwise. Undefined where the
 * patch deletes the object. Neither argument is changed.
 * Source: kyaml/yaml/merge2 and kyaml/yaml/walk.
 */
export function strategicMerge(object: Mapping, patch: Mapping, gvk: Gvk): Mapping | undefined {
  return new Merge(gvk).fields(object, patch, "");
}

const DIRECTIVE = "$patch";

class Merge {
  readonly #gvk: Gvk;

  constructor(gvk: Gvk) {
    this.#gvk = gvk;
  }

  /** Undefined where the patch removes the mapping. */
  fields(target: Mapping | undefined, patch: Mapping, path: string): Mapping | undefined {
    const directive = readDirective(patch);
    if (directive === "delete") return undefined;
    const base = directive === "replace" ? undefined : target;
    const merged = mappingAt(originOf(base ?? patch));
    if (base) {
      for (const key of Object.keys(base)) {
        const origin = entryOrigin(base, key);
        if (Object.hasOwn(patch, key) || origin.blank) continue;
        setField(merged, key, this.#untouched(base[key] as Value), origin);
      }
    }
    for (const key of Object.keys(patch)) {
      if (key === DIRECTIVE) continue;
      refuseOtherDirectives(key, entryOrigin(patch, key));
      const value = this.#value(
        base?.[key],
        patch[key] as Value,
        path === "" ? key : `${path}.${key}`,
        entryOrigin(patch, key),
      );
      if (value === undefined) continue;
      // A mapping or list that the patch only reaches into stays where it was written.
      const kept =
        base !== undefined &&
        isContainer(value) &&
        isContainer(base[key]) &&
        originOf(value) === originOf(base[key]);
      setField(merged, key, value, kept ? entryOrigin(base, key) : entryOrigin(patch, key));
    }
    return inOrder(merged, base);
  }

  /** What a patch does not name keeps its value, without the fields for which nothing is written. */
  #untouched(value: Value): Value {
    if (!isMapping(value)) return cloneValue(value);
    const copy = mappingAt(originOf(value));
    for (const key of Object.keys(value)) {
      const origin = entryOrigin(value, key);
      if (!origin.blank) setField(copy, key, this.#untouched(value[key] as Value), origin);
    }
    return copy;
  }

  #value(target: Value | undefined, patch: Value, path: string, origin: Origin): Value | undefined {
    if (patch === null) return undefined;
    const present = target ?? undefined;
    if (isMapping(patch)) {
      if (present !== undefined && !isMapping(present)) throw mismatch(path, origin);
      return this.fields(present, patch, path);
    }
    if (Array.isArray(patch)) {
      if (present !== undefined && !Array.isArray(present)) throw mismatch(path, origin);
      return this.#list(present, patch, path);
    }
    if (typeof present === "object") throw mismatch(path, origin);
    return patch;
  }

  #list(target: Value[] | undefined, patch: Value[], path: string): Value[] | undefined {
    const keys = mergeKeys(this.#gvk, path);
    if (keys === undefined) return cloneValue(patch);
    const { directive, elements } = listDirective(patch);
    if (directive === "delete") return undefined;
    if (directive === "replace" || target === undefined) return this.#merged([], elements, keys, path, patch);
    if (keys.length === 0) return union(elements, target, patch);
    return this.#merged(target, elements, keys, path, patch);
  }

  /** The patch's elements in its order, each merged into its counterpart, then what else the target has. */
  #merged(
    target: Value[],
    elements: readonly Element[],
    keys: MergeKeys,
    path: string,
    patch: Value[],
  ): Value[] {
    const merged = listAt(originOf(target.length > 0 ? target : patch));
    const taken = new Set<number>();
    for (const { value, origin } of elements) {
      if (!isMapping(value)) throw new BuildError(`an element of ${path} must be a mapping`, origin);
      if (value[keys[0] ?? ""] === undefined) {
        throw new BuildError(
          `an element of ${path} in the patch has no ${keys[0] ?? ""}, by which it is merged`,
          origin,
        );
      }
      const index = target.findIndex((candidate, at) => !taken.has(at) && matches(candidate, value, keys));
      if (index >= 0) taken.add(index);
      const result = this.fields(index < 0 ? undefined : (target[index] as Mapping), value, path);
      if (result === undefined || Object.keys(result).length === 0) continue;
      pushElement(merged, result, index < 0 ? origin : entryOrigin(target, index));
    }
    for (const [index, value] of target.entries()) {
      if (!taken.has(index)) pushElement(merged, this.#untouched(value), entryOrigin(target, index));
    }
    return merged;
  }
}

function isContainer(value: Value | undefined): value is Mapping | Value[] {
  return typeof value === "object" && value !== null;
}

interface Element {
  readonly value: Value;
  readonly origin: Origin;
}

function matches(candidate: Value, patch: Mapping, keys: MergeKeys): boolean {
  if (!isMapping(candidate)) return false;
  return keys.every((key, index) => {
    const own = candidate[key];
    const asked = patch[key];
    // A second key, such as a port's protocol, may be left out on either side.
    if (index > 0 && (own === undefined || asked === undefined)) return true;
    return scalarText(own) === scalarText(asked);
  });
}

function union(elements: readonly Element[], target: Value[], patch: Value[]): Value[] {
  const merged = listAt(originOf(patch));
  for (const { value, origin } of elements) pushElement(merged, value, origin);
  for (const [index, value] of target.entries()) {
    if (!merged.includes(value)) pushElement(merged, value, entryOrigin(target, index));
  }
  return merged;
}

function readDirective(patch: Mapping): string | undefined {
  const directive = patch[DIRECTIVE];
  if (directive === undefined) return undefined;
  if (directive === "delete" || directive === "replace" || directive === "merge") return directive;
  throw new BuildError(`unknown patch strategy ${JSON.stringify(directive)}`, entryOrigin(patch, DIRECTIVE));
}

function refuseOtherDirectives(key: string, origin: Origin): void {
  if (/^\$(?:retainKeys$|setElementOrder\/|deleteFromPrimitiveList\/)/.test(key)) {
    throw unsupported(`the patch directive ${key}`, origin);
  }
}

/** A list's own directive is an element that holds nothing else. */
function listDirective(patch: Value[]): { directive: string | undefined; elements: readonly Element[] } {
  let directive: string | undefined;
  const elements: Element[] = [];
  for (const [index, value] of patch.entries()) {
    if (isMapping(value) && Object.keys(value).length === 1 && DIRECTIVE in value)
      directive = readDirective(value);
    else elements.push({ value, origin: entryOrigin(patch, index) });
  }
  return { directive, elements };
}

/** The target's own fields keep their places; what the patch adds comes after them. */
function inOrder(merged: Mapping, base: Mapping | undefined): Mapping {
  if (base === undefined) return merged;
  const ordered = mappingAt(originOf(merged));
  const added = Object.keys(merged).filter((key) => !Object.hasOwn(base, key));
  for (const key of [...Object.keys(base), ...added]) {
    if (Object.hasOwn(merged, key)) setField(ordered, key, merged[key] as Value, entryOrigin(merged, key));
  }
  return ordered;
}

function mismatch(path: string, origin: Origin): BuildError {
  return new BuildError(`the patch and the object differ in the type of ${path}`, origin);
}
