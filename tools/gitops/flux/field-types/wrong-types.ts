import { formatPath, type Path } from "../../../../policy/engine/path.ts";
import type { Origin } from "../../yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../../yaml/values.ts";
import { RefusedError } from "../../problem.ts";
import { typeOfField, type FieldType, type MappingType } from "./notation.ts";

/** Errors for the values below a mapping that the API server rejects, because they have the wrong type or the field's name is misspelled. */
export function* wrongTypes(values: Mapping, type: MappingType, path: Path = []): Generator<RefusedError> {
  for (const key of Object.keys(values)) {
    const place = { path: [...path, key], origin: entryOrigin(values, key) };
    const own = typeOfField(type, key);
    if (own !== undefined) yield* wrongType(values[key], own, place);
    else if ("fields" in type) yield* misspelled(key, Object.keys(type.fields), place);
  }
}

interface Place {
  readonly path: Path;
  readonly origin: Origin;
}

function* wrongType(value: Value | undefined, type: FieldType, place: Place): Generator<RefusedError> {
  if (value === null || value === undefined || isUnknown(value)) return;
  if (typeof type === "string") {
    if (!hasType(value, type)) yield refused(place, `must be ${needed(value, type)}`);
  } else if ("pattern" in type) {
    if (typeof value !== "string" || !type.pattern.test(value))
      yield refused(place, `must be ${type.needed}`);
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

type Scalar = Extract<FieldType, string>;

function hasType(value: Value, type: Scalar): boolean {
  if (type === "port") return isPort(value);
  // Whether the container has a port with that name is for a rule.
  if (type === "portOrName") return isPort(value) || isPortName(value);
  if (type === "targetPort") return value === 0 || value === "" || isPort(value) || isPortName(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

const isPort = (value: Value): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535;

/** Source: IsValidPortName in apimachinery's util/validation. */
const isPortName = (value: Value): boolean =>
  typeof value === "string" && /^(?=.*[a-z])[-a-z0-9]{1,15}$/.test(value);

function needed(value: Value, type: Scalar): string {
  if (type === "boolean") return "true or false";
  if (type === "integer") return "a whole number";
  if (type === "port") return "a port from 1 to 65535";
  if (type === "portOrName" || type === "targetPort") {
    const isQuoted = typeof value === "string" && /^\d+$/.test(value);
    return `a port from 1 to 65535${isQuoted ? " without quotes" : ""}, or a port's name`;
  }
  return typeof value === "object" ? "a string" : "a string: quote it";
}

function* misspelled(key: string, known: readonly string[], place: Place): Generator<RefusedError> {
  const meant = known.find((name) => plain(name) === plain(key));
  if (meant !== undefined) yield refused(place, `is unknown: write ${meant}`);
}

const plain = (name: string): string => name.replaceAll(/[-_]/g, "").toLowerCase();

function refused({ path, origin }: Place, problem: string): RefusedError {
  return new RefusedError(`${formatPath(path)} ${problem}`, origin);
}
