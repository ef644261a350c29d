import { isDeepStrictEqual } from "node:util";
import { locate, type Origin } from "../yaml/source.ts";
import {
  cloneValue,
  entryOrigin,
  isMapping,
  listAt,
  originOf,
  pushElement,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError, UnfitError } from "../problem.ts";
import { scalarText } from "./resource.ts";

/**
 * Applies a JSON patch (RFC 6902) to an object, in place, as Kustomize's library does. Unlike the RFC, `replace` may add a missing field, negative indexes
 * count from the end, and anything before the first slash in a path is ignored. Source: patch.go in gopkg.in/evanphx/json-patch.v4.
 * @throws BuildError with the location of an operation that does not fit the object
 */
export function applyJsonPatch(object: Mapping, operations: Value[]): void {
  for (const [index, operation] of operations.entries()) {
    const origin = entryOrigin(operations, index);
    if (!isMapping(operation)) throw new BuildError("an operation of a JSON patch must be a mapping", origin);
    new Operation(object, operation, origin).apply();
  }
}

class Operation {
  readonly #root: Mapping;
  readonly #operation: Mapping;
  readonly #origin: Origin;

  constructor(root: Mapping, operation: Mapping, origin: Origin) {
    this.#root = root;
    this.#operation = operation;
    this.#origin = origin;
  }

  apply(): void {
    const op = scalarText(this.#operation.op);
    if (op === "replace" && this.#operation.path === "") {
      this.#replaceAll();
      return;
    }
    const path = this.#pointer("path");
    switch (op) {
      case "add":
        this.#add(path, this.#value());
        return;
      case "remove":
        this.#remove(path);
        return;
      case "replace":
        this.#replace(path, this.#value());
        return;
      case "copy":
        this.#add(path, cloneValue(this.#get(this.#pointer("from")) ?? null));
        return;
      case "move":
        this.#add(path, this.#remove(this.#pointer("from")));
        return;
      case "test":
        this.#test(path);
        return;
      default:
        throw new BuildError(`unknown operation ${JSON.stringify(op)} in a JSON patch`, this.#origin);
    }
  }

  /** Replaces the whole object, to which only this operation can refer. */
  #replaceAll(): void {
    const value = this.#value();
    if (!isMapping(value)) throw new BuildError("an object cannot become a list or a scalar", this.#origin);
    for (const key of Object.keys(this.#root)) Reflect.deleteProperty(this.#root, key);
    for (const key of Object.keys(value)) setField(this.#root, key, value[key] as Value, this.#origin);
  }

  #pointer(field: string): readonly string[] {
    const pointer = this.#operation[field];
    if (typeof pointer !== "string" || !pointer.includes("/"))
      throw new BuildError(`the ${field} of a JSON patch must start with /`, this.#origin);
    return pointer
      .split("/")
      .slice(1)
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }

  #value(): Value {
    return cloneValue(this.#operation.value ?? null);
  }

  /** The mapping or list that contains the entry at the last step. */
  #parent(path: readonly string[]): Mapping | Value[] {
    let value: Value | undefined = this.#root;
    for (const step of path.slice(0, -1)) {
      if (Array.isArray(value)) {
        const index = indexOf(step, value.length, value.length - 1);
        value = index === undefined ? undefined : value[index];
      } else value = isMapping(value) && Object.hasOwn(value, step) ? value[step] : undefined;
      if (typeof value !== "object" || value === null) throw this.#error("has no such path");
    }
    return value;
  }

  /** Returns undefined for a missing field; a missing element is an error. */
  #get(path: readonly string[]): Value | undefined {
    const parent = this.#parent(path);
    const last = path.at(-1) ?? "";
    if (Array.isArray(parent)) return parent[this.#index(last, parent.length, parent.length - 1)];
    return Object.hasOwn(parent, last) ? parent[last] : undefined;
  }

  #add(path: readonly string[], value: Value): void {
    const parent = this.#parent(path);
    const last = path.at(-1) ?? "";
    if (!Array.isArray(parent)) {
      setField(parent, last, value, this.#origin);
      return;
    }
    const { length } = parent;
    const index = last === "-" ? length : this.#index(last, length + 1, length);
    splice(parent, index, 0, [{ value, origin: this.#origin }]);
  }

  #replace(path: readonly string[], value: Value): void {
    const parent = this.#parent(path);
    const last = path.at(-1) ?? "";
    if (!Array.isArray(parent)) {
      setField(parent, last, value, this.#origin);
      return;
    }
    const index = this.#index(last, parent.length, parent.length - 1);
    splice(parent, index, 1, [{ value, origin: this.#origin }]);
  }

  #remove(path: readonly string[]): Value {
    const value = this.#get(path);
    const parent = this.#parent(path);
    const last = path.at(-1) ?? "";
    if (Array.isArray(parent)) splice(parent, this.#index(last, parent.length, parent.length - 1), 1, []);
    else if (value === undefined) throw this.#error("has no such path");
    else Reflect.deleteProperty(parent, last);
    return value ?? null;
  }

  #test(path: readonly string[]): void {
    const [found, expected] = [this.#get(path) ?? null, this.#operation.value ?? null];
    if (!isDeepStrictEqual(plain(found), plain(expected))) throw this.#error("has another value");
  }

  #index(step: string, length: number, last: number): number {
    const index = indexOf(step, length, last);
    if (index === undefined) throw this.#error("has no such element");
    return index;
  }

  #error(what: string): BuildError {
    const { op, path, from } = this.#operation;
    const object = originOf(this.#root);
    const { file, line } = locate(object);
    const where =
      op === "copy" || op === "move" ? `${scalarText(from)} → ${scalarText(path)}` : scalarText(path);
    return new UnfitError(
      `JSON patch ${scalarText(op)} ${where}: the object at ${file}:${line} ${what}`,
      this.#origin,
      object,
    );
  }
}

/** An index as parsed by Go's strconv.Atoi; a negative one counts back from `length`. */
function indexOf(step: string, length: number, last: number): number | undefined {
  if (!/^[-+]?[0-9]+$/.test(step)) return undefined;
  const index = Number(step) < 0 ? Number(step) + length : Number(step);
  return index >= 0 && index <= last ? index : undefined;
}

/** Like `Array.splice`, but moves the elements' origins as well. */
function splice(
  list: Value[],
  at: number,
  remove: number,
  insert: readonly { value: Value; origin: Origin }[],
): void {
  const elements = list.map((value, index) => ({ value, origin: entryOrigin(list, index) }));
  elements.splice(at, remove, ...insert);
  const rebuilt = listAt(originOf(list));
  for (const { value, origin } of elements) pushElement(rebuilt, value, origin);
  list.length = 0;
  for (const [index, value] of rebuilt.entries()) pushElement(list, value, entryOrigin(rebuilt, index));
}

/** The value without origins, for a comparison. */
function plain(value: Value): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
