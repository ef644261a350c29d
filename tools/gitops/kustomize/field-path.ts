import type { Origin } from "../yaml/source.ts";
import {
  entryOrigin,
  isMapping,
  listAt,
  mappingAt,
  originOf,
  pushElement,
  setField,
  type Mapping,
  type PathStep,
  type Value,
} from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { goPattern } from "./go-pattern.ts";
import { entryIn, type MergeEntry } from "./merge-entry.ts";
import { textIn, writtenText } from "./resource.ts";

/** Splits a field path in the syntax of replacements, such as `spec.containers.[name=web].image`. Source: SmarterPathSplitter in kyaml/utils. */
export function splitFieldPath(path: string): readonly string[] {
  const parts = path.split(/(?<!\\)\./).map((part) => part.replaceAll("\\.", "."));
  const steps: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] ?? "";
    if (!part.startsWith("[") || part.endsWith("]")) {
      steps.push(part);
      continue;
    }
    // A dot in brackets does not separate steps.
    const end = parts.findIndex((other, at) => at > index && other.endsWith("]"));
    const last = end < 0 ? parts.length - 1 : end;
    const step = parts.slice(index, last + 1).join(".");
    steps.push(step.includes("=") ? step : step.replace(/^\[+|\]+$/g, ""));
    index = last;
  }
  return steps;
}

/** The value at a field path; undefined if there is none. */
export function fieldAt(object: Mapping, steps: readonly string[], origin: Origin): Value | undefined {
  return entryAt(object, steps, origin)?.value;
}

/** The entry at a field path; undefined if there is none. Source: PathGetter in kyaml. */
export function entryAt(object: Mapping, steps: readonly string[], origin: Origin): MergeEntry | undefined {
  let entry: MergeEntry | undefined = { value: object, origin: originOf(object) };
  for (const step of steps.filter((part) => part !== "")) {
    if (step === "*")
      throw new BuildError("the field path of a replacement's source cannot contain *", origin);
    const value: Value = entry.value;
    const condition = conditionOf(step);
    if (Array.isArray(value)) entry = entryIn(value, elementAt(value, step, condition));
    else entry = isMapping(value) && !condition ? entryIn(value, step) : undefined;
    if (entry === undefined) return undefined;
  }
  return entry;
}

/** The index of an element; -1 if there is none. */
function elementAt(list: Value[], step: string, condition: Condition | undefined): number {
  if (condition)
    return list.findIndex((_, index) => holds(list, index, condition, (text) => text === condition.value));
  return step === "-" ? list.length - 1 : /^\d+$/.test(step) ? Number(step) : -1;
}

/** A field to write a value to: a container, and a key in it. */
export interface Field {
  readonly container: Mapping | Value[];
  readonly key: PathStep;
  /** Whether the field was just created, and so has no type yet. */
  readonly isNew: boolean;
}

/**
 * The fields at a path, which may match several list elements. Source: PathMatcher in kyaml.
 * @param created if given, missing fields are created, the last one with the type of this value
 */
export function fieldsAtPath(
  root: Value,
  steps: readonly string[],
  created: Value | undefined,
  origin: Origin,
): readonly Field[] {
  return new PathMatcher(created, origin).match({ container: [root], key: 0, isNew: false }, steps);
}

class PathMatcher {
  readonly #created: Value | undefined;
  readonly #origin: Origin;

  constructor(created: Value | undefined, origin: Origin) {
    this.#created = created;
    this.#origin = origin;
  }

  match(field: Field, steps: readonly string[]): readonly Field[] {
    const [step, ...rest] = steps;
    if (step === undefined) return [field];
    // A path may start with a dot.
    if (step === "") return this.match(field, rest);
    const value = (field.container as Mapping)[field.key];
    if (typeof value !== "object" && value !== undefined && !field.isNew)
      throw new BuildError(`the step ${step} of a field path needs a mapping or a list`, this.#origin);
    if (/^\+?\d+$/.test(step)) return this.#atIndex(value, Number(step), rest);
    const condition = conditionOf(step);
    if (condition) return this.#matching(value, condition, rest);
    if (step === "*") {
      if (!Array.isArray(value)) throw new BuildError("* in a field path needs a list", this.#origin);
      return [...value.keys()].flatMap((index) => this.match(at(value, index), rest));
    }
    return this.#inMapping(value, step, rest);
  }

  #inMapping(value: Value | undefined, step: string, rest: readonly string[]): readonly Field[] {
    if (!isMapping(value)) {
      if (Array.isArray(value))
        throw new BuildError(`the step ${step} of a field path needs a mapping`, this.#origin);
      return [];
    }
    if (Object.hasOwn(value, step)) return this.match(at(value, step), rest);
    if (this.#created === undefined) return [];
    setField(value, step, this.#empty(rest[0]), this.#origin);
    return this.match({ ...at(value, step), isNew: true }, rest);
  }

  #atIndex(value: Value | undefined, index: number, rest: readonly string[]): readonly Field[] {
    if (!Array.isArray(value))
      throw new BuildError(`the index ${index} in a field path needs a list`, this.#origin);
    const isNew = index === value.length && this.#created !== undefined;
    if (isNew) pushElement(value, this.#empty(rest[0]), this.#origin);
    if (index >= value.length)
      throw new BuildError(
        `the index ${index} in a field path is out of bounds: the list has ${value.length} elements`,
        this.#origin,
      );
    return this.match({ ...at(value, index), isNew }, rest);
  }

  /** The value in a condition is a regular expression that may match any part of the field. */
  #matching(value: Value | undefined, condition: Condition, rest: readonly string[]): readonly Field[] {
    if (!Array.isArray(value)) throw new BuildError(`[${condition.field}=…] needs a list`, this.#origin);
    const pattern = goPattern(condition.value, this.#origin);
    const found = [...value.keys()]
      .filter((index) => holds(value, index, condition, (text) => pattern.test(text)))
      .flatMap((index) => (condition.field === "" ? [at(value, index)] : this.match(at(value, index), rest)));
    if (found.length > 0 || this.#created === undefined) return found;
    const element = condition.field === "" ? condition.value : mappingAt(this.#origin);
    if (isMapping(element)) setField(element, condition.field, condition.value, this.#origin);
    pushElement(value, element, this.#origin);
    return condition.field === ""
      ? [at(value, value.length - 1)]
      : this.match(at(value, value.length - 1), rest);
  }

  /** The container to create for a step, which depends on the next step. */
  #empty(next: string | undefined): Value {
    if (next !== undefined)
      return conditionOf(next) || /^\d+$/.test(next) || next === "-"
        ? listAt(this.#origin)
        : mappingAt(this.#origin);
    if (Array.isArray(this.#created)) return listAt(this.#origin);
    return isMapping(this.#created) ? mappingAt(this.#origin) : "";
  }
}

const at = (container: Mapping | Value[], key: PathStep): Field => ({ container, key, isNew: false });

/** A step in the form `[field=value]`, or `[=value]` for an element that is a scalar. */
interface Condition {
  readonly field: string;
  readonly value: string;
}

function conditionOf(step: string): Condition | undefined {
  const [, field, value] = /^\[([^=]*)=(.*)\]$/s.exec(step) ?? [];
  return field === undefined || value === undefined ? undefined : { field, value };
}

function holds(
  list: Value[],
  index: number,
  { field }: Condition,
  isMatch: (text: string) => boolean,
): boolean {
  const element = list[index] ?? null;
  if (field === "")
    return typeof element !== "object" && isMatch(writtenText(element, entryOrigin(list, index)));
  return isMapping(element) && Object.hasOwn(element, field) && isMatch(textIn(element, field));
}
