import { isDeepStrictEqual } from "node:util";
import type { Origin } from "../yaml/source.ts";
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
import { BuildError } from "../problem.ts";
import { scalarText } from "./resource.ts";

/**
 * Applies a JSON patch (RFC 6902) to an object, in place, as the library that Kustomize uses does.
 * @throws BuildError at the operation that does not fit the object
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
    const path = this.#pointer("path");
    switch (op) {
      case "add":
        this.#add(path, this.#value());
        return;
      case "remove":
        this.#remove(path);
        return;
      case "replace":
        this.#get(path);
        this.#replace(path, this.#value());
        return;
      case "copy":
        this.#add(path, cloneValue(this.#get(this.#pointer("from"))));
        return;
      case "move":
        this.#add(path, this.#remove(this.#pointer("from")));
        return;
      case "test":
        if (!isDeepStrictEqual(plain(this.#get(path)), plain(this.#value())))
          throw this.#error("does not hold");
        return;
      default:
        throw new BuildError(`unknown operation ${JSON.stringify(op)} in a JSON patch`, this.#origin);
    }
  }

  #pointer(field: string): readonly string[] {
    const pointer = scalarText(this.#operation[field]);
    if (!pointer.startsWith("/"))
      throw new BuildError(`the ${field} of a JSON patch must start with /`, this.#origin);
    return pointer
      .slice(1)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }

  #value(): Value {
    return cloneValue(this.#operation.value ?? null);
  }

  /** The mapping or list that holds the last step. */
  #parent(path: readonly string[]): Mapping | Value[] {
    let value: Value | undefined = this.#root;
    for (const step of path.slice(0, -1)) {
      value = Array.isArray(value) ? value[Number(step)] : isMapping(value) ? value[step] : undefined;
      if (typeof value !== "object" || value === null) throw this.#error("has no such path");
    }
    return value;
  }

  #get(path: readonly string[]): Value {
    const parent = this.#parent(path);
    const last = path.at(-1) ?? "";
    const value = Array.isArray(parent) ? parent[this.#index(last, parent.length - 1)] : parent[last];
    if (value === undefined || !Object.hasOwn(parent, last)) throw this.#error("has no such path");
    return value;
  }

  #add(path: readonly string[], value: Value): void {
    const parent = this.#parent(path);
    const last = path.at(-1) ?? "";
    if (!Array.isArray(parent)) {
      setField(parent, last, value, this.#origin);
      return;
    }
    const index = last === "-" ? parent.length : this.#index(last, parent.length);
    splice(parent, index, 0, [{ value, origin: this.#origin }]);
  }

  #replace(path: readonly string[], value: Value): void {
    const parent = this.#parent(path);
    const last = path.at(-1) ?? "";
    if (Array.isArray(parent)) splice(parent, Number(last), 1, [{ value, origin: this.#origin }]);
    else setField(parent, last, value, this.#origin);
  }

  #remove(path: readonly string[]): Value {
    const value = this.#get(path);
    const parent = this.#parent(path);
    const last = path.at(-1) ?? "";
    if (Array.isArray(parent)) splice(parent, Number(last), 1, []);
    else Reflect.deleteProperty(parent, last);
    return value;
  }

  #index(step: string, last: number): number {
    if (!/^(?:0|[1-9][0-9]*)$/.test(step) || Number(step) > last) throw this.#error("has no such element");
    return Number(step);
  }

  #error(what: string): BuildError {
    const { op, path, from } = this.#operation;
    const { file, line } = originOf(this.#root).source.locate(originOf(this.#root).offset);
    const where =
      op === "copy" || op === "move" ? `${scalarText(from)} → ${scalarText(path)}` : scalarText(path);
    return new BuildError(
      `JSON patch ${scalarText(op)} ${where}: the object at ${file}:${line} ${what}`,
      this.#origin,
    );
  }
}

/** Array.splice with the elements' origins. */
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

/** Without origins, for a comparison. */
function plain(value: Value): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
