import { parseYaml } from "../yaml/parse.ts";
import { SourceFile, type Origin } from "../yaml/source.ts";
import {
  entryOrigin,
  mappingAt,
  isMapping,
  listAt,
  originOf,
  pushElement,
  setField,
  valueAt,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { resolvePlain } from "../yaml/schema.ts";
import { BuildError } from "../problem.ts";
import { scalarText } from "../kustomize/resource.ts";
import { substitute, SubstitutionError, type Lookup } from "./envsubst.ts";

const SWITCH = "kustomize.toolkit.fluxcd.io/substitute";

/** Whether an object opts out of substitution. */
export function optsOut(object: Mapping): boolean {
  const metadata = isMapping(object.metadata) ? object.metadata : {};
  return [metadata.labels, metadata.annotations].some(
    (values) => isMapping(values) && values[SWITCH] === "disabled",
  );
}

/**
 * An object after `postBuild` substitution. Flux substitutes in the object's YAML text, where a scalar has lost the quotes that it
 * had in the file: a lone `"${PORT}"` becomes a number. An expression with an unknown value stays. The object itself where it has
 * no dollar.
 * @throws BuildError at an expression that Flux refuses
 */
export function substituteObject(object: Mapping, lookup: Lookup): Mapping {
  return optsOut(object) ? object : (substituteValue(object, lookup, originOf(object)) as Mapping);
}

function substituteValue(value: Value, lookup: Lookup, origin: Origin): Value {
  if (typeof value === "string") return value.includes("$") ? substituteScalar(value, lookup, origin) : value;
  if (typeof value !== "object" || value === null) return value;
  return Array.isArray(value) ? substituteList(value, lookup) : substituteFields(value, lookup);
}

function substituteList(list: Value[], lookup: Lookup): Value[] {
  const values = list.map((element, index) => substituteValue(element, lookup, entryOrigin(list, index)));
  if (values.every((value, index) => value === list[index])) return list;
  const copy = listAt(originOf(list));
  for (const [index, value] of values.entries()) pushElement(copy, value, entryOrigin(list, index));
  return copy;
}

function substituteFields(fields: Mapping, lookup: Lookup): Mapping {
  const entries = Object.keys(fields).map((key) => {
    const origin = entryOrigin(fields, key);
    const value = substituteValue(fields[key] as Value, lookup, origin);
    const name = key.includes("$") ? scalarText(substituteScalar(key, lookup, origin)) : key;
    return { name, value, origin, changed: value !== fields[key] || name !== key };
  });
  if (!entries.some(({ changed }) => changed)) return fields;
  const copy = mappingAt(originOf(fields));
  for (const { name, value, origin } of entries) setField(copy, name, value, origin);
  return copy;
}

function substituteScalar(scalar: string, lookup: Lookup, origin: Origin): Value {
  const { text: result } = attempt(scalar, lookup, origin);
  // A block scalar and a scalar that needs quotes stay strings; a plain one is read again.
  if (scalar.includes("\n") || !isPlain(scalar)) return result;
  if (isPlain(result)) return resolvePlain(result.trim());
  const { documents, errors } = parseYaml(new SourceFile(origin.source.file, result));
  const [error] = errors;
  if (error) throw new BuildError(`after substitution this is no YAML: ${error.message}`, origin);
  return valueAt(documents[0]?.value ?? null, origin);
}

function attempt(scalar: string, lookup: Lookup, origin: Origin): ReturnType<typeof substitute> {
  try {
    return substitute(scalar, lookup);
  } catch (error) {
    if (!(error instanceof SubstitutionError)) throw error;
    throw new BuildError(`substitution: ${error.message}`, origin);
  }
}

/** Whether go-yaml writes a string without quotes. */
function isPlain(scalar: string): boolean {
  if (/^[\s]|[\s]$|: |\s#|:$|\t|[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]/.test(scalar)) return false;
  return !/^(?:[,[\]{}#&*!|>'"%@`]|[-?:](?:\s|$)|---|\.\.\.)/.test(scalar);
}
