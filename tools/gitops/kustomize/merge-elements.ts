import { distinct } from "../../../lib/distinct.ts";
import {
  entryOrigin,
  isMapping,
  listAt,
  originOf,
  pushElement,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { elementsOf, entryIn, type MergeEntry } from "./merge-entry.ts";
import type { MergeKeys } from "./merge-keys.ts";
import { scalarText } from "./resource.ts";

/** The values of an element's merge keys; empty for a missing key. */
type Keys = readonly string[];

/** Merges an element in the object with one in the patch. */
type MergeElement = (own: MergeEntry | undefined, change: MergeEntry | undefined) => MergeEntry | undefined;

/**
 * Merges two lists by the keys of their elements; the patch's elements come first. Without keys, the lists are sets of scalars. Source:
 * walk/associative_sequence.go in kyaml, whose order of calls is kept because it decides the result.
 */
export function mergeElements(
  target: Value[],
  patch: Value[],
  keys: MergeKeys,
  merge: MergeElement,
): Value[] {
  // As in kyaml, a list that only the patch has is merged with itself.
  const isAdded = target === patch;
  const lists = [patch, target];
  const names = keys.length === 0 ? [""] : keys;
  const wanted = joined([...distinct(lists.flatMap((list) => valuesOf(list, names)))], names);
  const kept = new ElementList(target);
  const added = new ElementList(listAt(originOf(target)));
  let valid = { names: names, values: [] as readonly string[] };
  for (const values of wanted) {
    valid = validKeys(wanted, values, names);
    const find = (list: Value[]): MergeEntry | undefined => {
      const own = validKeys([valid.values], valid.values, valid.names);
      const index = list.findIndex((element) => isWanted(element, own.names, own.values));
      return index < 0 ? undefined : entryIn(list, index);
    };
    const merged = merge(find(kept.elements), find(isAdded ? kept.elements : patch));
    const { value = null } = merged ?? {};
    if (merged === undefined || value === null || (isMapping(value) && Object.keys(value).length === 0)) {
      kept.set(valid.names, valid.values, undefined);
      continue;
    }
    if (isMapping(value)) setKeys(value, valid.names, valid.values, merged);
    added.set(valid.names, valid.values, { value, origin: merged.origin });
  }
  if (wanted.length > 0) append(added, kept.elements, valid.names);
  return wanted.length > 0 ? added.elements : kept.elements;
}

/** Changes a list the way kyaml's ElementSetter does. */
class ElementList {
  elements: Value[];

  constructor(elements: Value[]) {
    this.elements = elements;
  }

  /** Replaces the elements that have these keys, or removes them if there is no new element. If no element matches, appends the new one. */
  set(names: readonly string[], values: readonly string[], element: MergeEntry | undefined): void {
    const result = listAt(originOf(this.elements));
    const setsMapping = names[0] !== "" && (values[0] ?? "") !== "";
    let isFound = false;
    for (const own of elementsOf(this.elements)) {
      if (own.value === null || (isMapping(own.value) && Object.keys(own.value).length === 0)) continue;
      if (!isMapping(own.value) && setsMapping) pushElement(result, own.value, own.origin);
      else if (!hasKeys(own.value, names, values)) {
        if (values.length > 0) pushElement(result, own.value, own.origin);
      } else {
        isFound = true;
        if (element) pushElement(result, element.value, element.origin);
      }
    }
    if (element && !isFound) pushElement(result, element.value, element.origin);
    this.elements = result;
  }

  push({ value, origin }: MergeEntry): void {
    pushElement(this.elements, value, origin);
  }
}

/** Adds the elements that only the object has. Source: appendListNode, including its handling of elements without a key. */
function append(into: ElementList, elements: Value[], names: readonly string[]): void {
  for (const element of elementsOf(elements)) {
    if (names[0] === "") {
      into.set([""], [scalarText(element.value)], element);
      continue;
    }
    const values: string[] = [];
    for (const name of names) {
      const own = isMapping(element.value) ? element.value[name] : undefined;
      if (own === undefined) into.push(element);
      else values.push(scalarText(own));
    }
    if (names.length > 1) into.set(names, values, undefined);
    into.set(names, values, element);
  }
}

function hasKeys(element: Value, names: readonly string[], values: readonly string[]): boolean {
  let isMatch = false;
  for (const [index, name] of names.entries()) {
    const value = values[index];
    // A key without a value keeps the result of the key before it.
    if (value !== undefined) isMatch = matches(element, name, value);
    if (!isMatch) return false;
  }
  return isMatch;
}

/** For a list that changes, an empty value matches any value of the field. Source: ElementSetter in kyaml/yaml/fns.go. */
function matches(element: Value, name: string, value: string): boolean {
  if (name === "") return !isMapping(element) && scalarText(element) === value;
  if (!isMapping(element) || !Object.hasOwn(element, name)) return false;
  return value === "" || scalarText(element[name]) === value;
}

/** Whether an element is the one to merge, whose keys must be equal, also if they are empty. Source: ElementMatcher in kyaml/yaml/fns.go. */
function isWanted(element: Value, names: readonly string[], values: readonly string[]): boolean {
  if ((names[0] ?? "") === "") return scalarText(element) === (values[0] ?? "");
  return isMapping(element) && names.every((name, index) => isEqual(element, name, values[index] ?? ""));
}

function isEqual(element: Mapping, name: string, value: string): boolean {
  const own = element[name];
  // The text of a null is empty only if the field was left blank.
  if (own === undefined || (own === null && entryOrigin(element, name).blank === undefined)) return false;
  return scalarText(own) === value;
}

function setKeys(
  element: Mapping,
  names: readonly string[],
  values: readonly string[],
  from: MergeEntry,
): void {
  for (const [index, name] of names.entries()) {
    const value = values[index] ?? "";
    if (!Object.hasOwn(element, name) && value !== "") setField(element, name, value, from.origin);
  }
}

function valuesOf(list: Value[], names: readonly string[]): readonly Keys[] {
  if (names[0] === "") return list.map((element) => [scalarText(element)]);
  return list.map((element) => names.map((name) => (isMapping(element) ? scalarText(element[name]) : "")));
}

/** Elements that differ only in a key that one of them omits count as the same element. Source: mergeValues and match. */
function joined(all: Keys[], names: readonly string[]): Keys[] {
  if (names.length < 2) return all;
  for (const [index, one] of all.entries()) {
    for (const [other, two] of all.entries()) {
      const common = one.some((value, at) => value === two[at]);
      const fits = one.every((value, at) => value === two[at] || value === "" || two[at] === "");
      if (!common || !fits) continue;
      const both = one.map((value, at) => (value === "" ? (two[at] ?? "") : value));
      all[index] = both;
      all[other] = both;
    }
  }
  return all;
}

/** The keys that occur in any element, and one element's values for them. Source: validateKeys. */
function validKeys(
  all: readonly Keys[],
  values: readonly string[],
  names: readonly string[],
): { readonly names: readonly string[]; readonly values: readonly string[] } {
  const used = new Set(names.filter((_name, index) => all.some((own) => (own[index] ?? "") !== "")));
  if (used.size === 0) return { names, values };
  return {
    names: names.filter((name) => used.has(name)),
    values: values.filter((value, index) => value !== "" || used.has(names[index] ?? "")),
  };
}
