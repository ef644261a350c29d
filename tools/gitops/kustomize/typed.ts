import {
  entryOrigin,
  isMapping,
  listAt,
  mappingAt,
  originOf,
  pushElement,
  setField,
  type Value,
} from "../yaml/values.ts";
import type { Origin } from "../yaml/source.ts";
import { goFloat } from "../yaml/go-float.ts";
import { BuildError } from "../problem.ts";
import { writtenText } from "./resource.ts";

/** The type of a value in a kustomization. */
export type Type =
  | "string"
  /** Not converted to a string even by a lenient reading. */
  | "strictString"
  | "boolean"
  | "integer"
  | "any"
  | { readonly list: Type }
  | { readonly map: Type }
  | { readonly fields: Readonly<Record<string, Type>> };

/**
 * How strictly a value is read. `strict`: as Kustomize does, which rejects unknown fields and converts nothing. `lenient`: as kustomize-controller reads the
 * kustomization file at `spec.path`, converting numbers and booleans to strings and dropping unknown fields. `converting`: as Kustomize reads the files in `configurations`
 * (UnmarshalStrict in sigs.k8s.io/yaml), which converts too, but rejects unknown fields.
 */
export type Reading = "strict" | "converting" | "lenient";

/**
 * A copy of a value, with the types of Go's structs. Nulls are left out, and field names match case-insensitively, as in encoding/json. @throws BuildError if a
 * field is unknown or has the wrong type
 */
export function readTyped(value: Value, type: Type, reading: Reading, origin: Origin): Value {
  return new TypedReader(reading).read(value, type, { origin, name: "the document" });
}

interface Place {
  readonly origin: Origin;
  /** For messages. */
  readonly name: string;
}

const GO_TYPES = { string: "string", strictString: "string", boolean: "boolean", integer: "number" } as const;

class TypedReader {
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  read(value: Value, type: Type, place: Place): Value {
    if (typeof type === "string") return this.#scalar(value, type, place);
    if ("list" in type) return this.#list(value, type.list, place);
    return this.#mapping(value, type, place);
  }

  #scalar(value: Value, type: Exclude<Type, object>, place: Place): Value {
    if (type === "any" || typeof value === GO_TYPES[type]) {
      if (type === "integer" && !Number.isInteger(value)) throw wrongType(place, "a whole number");
      return value;
    }
    if (type === "string" && this.#reading !== "strict" && typeof value !== "object")
      return asText(value, place);
    const text = "a string: quote it";
    const needed = { string: text, strictString: text, boolean: "true or false", integer: "a whole number" };
    throw wrongType(place, needed[type]);
  }

  #list(value: Value, type: Type, { origin, name }: Place): Value {
    if (!Array.isArray(value)) throw wrongType({ origin, name }, "a list");
    const list = listAt(originOf(value));
    for (const [index, element] of value.entries()) {
      const own = entryOrigin(value, index);
      const read =
        element === null
          ? emptyOf(type, own)
          : this.read(element, type, { origin: own, name: `an entry of ${name}` });
      pushElement(list, read, own);
    }
    return list;
  }

  #mapping(value: Value, type: Extract<Type, { map: Type } | { fields: object }>, place: Place): Value {
    if (!isMapping(value)) throw wrongType(place, "a mapping");
    const mapping = mappingAt(originOf(value));
    for (const key of Object.keys(value)) {
      const own = entryOrigin(value, key);
      const field = "map" in type ? key : fieldNamed(key, type.fields);
      if (field === undefined) {
        if (this.#reading === "lenient") continue;
        throw new BuildError(`unknown field ${key} in ${place.name}`, own);
      }
      const fieldType = "map" in type ? type.map : (type.fields[field] ?? "any");
      const entry = value[key] as Value;
      if (entry !== null)
        setField(mapping, field, this.read(entry, fieldType, { origin: own, name: key }), own);
      else if ("map" in type) setField(mapping, key, emptyOf(fieldType, own), own);
    }
    return mapping;
  }
}

function fieldNamed(key: string, fields: Readonly<Record<string, Type>>): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  return Object.keys(fields).find((field) => field.toLowerCase() === key.toLowerCase());
}

/** Go's zero value. */
function emptyOf(type: Type, origin: Origin): Value {
  if (type === "string" || type === "strictString") return "";
  if (type === "boolean") return false;
  if (type === "integer") return 0;
  if (type === "any") return null;
  return "list" in type ? listAt(origin) : mappingAt(origin);
}

/** A number or a boolean as Go writes it for a field that is a string. Only the text shows whether a number is a float. Source: convertToJSONableObject in sigs.k8s.io/yaml. */
function asText(value: string | number | boolean, { origin }: Place): string {
  if (typeof value !== "number") return String(value);
  const { source, offset, valueOffset = offset } = origin;
  const isFloat = /^[-+]?[0-9_]*(?:\.|[0-9]+[eE])/.test(source.text.slice(valueOffset, valueOffset + 40));
  if (Number.isSafeInteger(value) && !isFloat) return String(value);
  const digits = writtenText(value, origin).replaceAll("_", "");
  const whole = /^[-+]?\d+$/.test(digits) ? BigInt(digits) : undefined;
  return whole !== undefined && whole >= MIN_INT64 && whole <= MAX_UINT64
    ? String(whole)
    : goFloat(value, 32);
}

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

function wrongType({ origin, name }: Place, needed: string): BuildError {
  return new BuildError(`${name} must be ${needed}`, origin);
}
