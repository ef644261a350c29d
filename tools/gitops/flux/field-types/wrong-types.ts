import { formatPath, type Path } from "../../../../policy/engine/path.ts";
import type { Type } from "../../kustomize/typed.ts";
import type { Origin } from "../../yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../../yaml/values.ts";
import { RefusedError } from "../../problem.ts";

/** Errors for the values below a mapping that the API server rejects, because they have the wrong type or the field's name is misspelled. */
export function* wrongTypes(values: Mapping, type: Type, path: Path = []): Generator<RefusedError> {
  if (typeof type === "string" || "list" in type) return;
  for (const key of Object.keys(values)) {
    const place = { path: [...path, key], origin: entryOrigin(values, key) };
    if ("map" in type) yield* wrongType(values[key], type.map, place);
    else if (Object.hasOwn(type.fields, key)) yield* wrongType(values[key], type.fields[key] ?? "any", place);
    else yield* misspelled(key, Object.keys(type.fields), place);
  }
}

interface Place {
  readonly path: Path;
  readonly origin: Origin;
}

const NEEDED = {
  string: "a string",
  strictString: "a string",
  boolean: "true or false",
  integer: "a whole number",
};

function* wrongType(value: Value | undefined, type: Type, place: Place): Generator<RefusedError> {
  if (value === null || value === undefined || type === "any" || isUnknown(value)) return;
  if (typeof type === "string") {
    if (!hasType(value, type)) yield wrong(place, type, value);
  } else if ("list" in type) {
    if (!Array.isArray(value)) yield refused(place, "must be a list");
    else
      for (const [index, element] of value.entries())
        yield* wrongType(element, type.list, {
          path: [...place.path, index],
          origin: entryOrigin(value, index),
        });
  } else if (isMapping(value)) yield* wrongTypes(value, type, place.path);
  else yield refused(place, "must be a mapping");
}

/** Whether a value comes from a variable that only the cluster knows, or is encrypted. */
function isUnknown(value: Value): boolean {
  return typeof value === "string" && /\$\{|^ENC\[/.test(value);
}

function hasType(value: Value, type: Exclude<Type, object>): boolean {
  if (type === "integer") return Number.isInteger(value);
  return typeof value === (type === "boolean" ? "boolean" : "string");
}

function wrong(place: Place, type: Exclude<Type, object | "any">, value: Value): RefusedError {
  const advice = NEEDED[type] === NEEDED.string && typeof value !== "object" ? ": quote it" : "";
  return refused(place, `must be ${NEEDED[type]}${advice}`);
}

function* misspelled(key: string, known: readonly string[], place: Place): Generator<RefusedError> {
  const meant = known.find((name) => plain(name) === plain(key));
  if (meant !== undefined) yield refused(place, `is unknown: write ${meant}`);
}

const plain = (name: string): string => name.replaceAll(/[-_]/g, "").toLowerCase();

function refused({ path, origin }: Place, problem: string): RefusedError {
  return new RefusedError(`${formatPath(path)} ${problem}`, origin);
}
