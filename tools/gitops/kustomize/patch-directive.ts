import { entryOrigin, isMapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";

const KEY = "$patch";

/** The values of `$patch`. */
export type Directive = "delete" | "replace" | "merge";

/**
 * Removes `$patch` from a mapping and returns the directive's value. Source: merge2/smpdirective.go.
 * @param isAdded whether the object has no such mapping: Kustomize then keeps a directive that it does not know
 */
export function takeDirective(patch: Value | undefined, isAdded = false): Directive {
  if (!isMapping(patch) || !Object.hasOwn(patch, KEY)) return "merge";
  if (isAdded && !isKnown(patch[KEY])) return "merge";
  const directive = directiveOf(patch[KEY], () => entryOrigin(patch, KEY));
  Reflect.deleteProperty(patch, KEY);
  return directive;
}

/** Removes the element that contains only `$patch` from a list, and returns the directive's value. */
export function takeListDirective(patch: Value | undefined): Directive {
  if (!Array.isArray(patch)) return "merge";
  const index = patch.findIndex((element) => isMapping(element) && Object.hasOwn(element, KEY));
  const element = patch[index];
  // In an element with other fields, the directive applies to that element.
  if (!isMapping(element) || Object.keys(element).length > 1) return "merge";
  const directive = directiveOf(element[KEY], () => entryOrigin(patch, index));
  const kept = patch
    .filter((other) => other !== null && !(isMapping(other) && Object.keys(other).length === 0))
    .filter((other) => !isMapping(other) || other[KEY] !== directive);
  patch.splice(0, patch.length, ...kept);
  return directive;
}

const isKnown = (value: Value | undefined): value is Directive =>
  value === "delete" || value === "replace" || value === "merge";

function directiveOf(value: Value | undefined, origin: () => ReturnType<typeof entryOrigin>): Directive {
  if (isKnown(value)) return value;
  throw new BuildError(`unknown $patch ${JSON.stringify(value)}`, origin());
}
