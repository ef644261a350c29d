import { parseYaml } from "../yaml/parse.ts";
import { SourceFile, type Origin } from "../yaml/source.ts";
import { writeGoYaml } from "../yaml/go-yaml-writer.ts";
import {
  entryOrigin,
  isMapping,
  listAt,
  mappingAt,
  originOf,
  pushElement,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { substitute, SubstitutionError, type Lookup } from "./envsubst.ts";

const SWITCH = "kustomize.toolkit.fluxcd.io/substitute";

/** Whether an object opts out of substitution. */
export function optsOut(object: Mapping): boolean {
  const metadata = isMapping(object.metadata) ? object.metadata : {};
  return [metadata.labels, metadata.annotations].some(
    (values) => isMapping(values) && values[SWITCH] === "disabled",
  );
}

/** A variable in an object that nothing defines and that has no default. */
export interface MissingVariable {
  readonly name: string;
  /** Finds the first field with the variable. */
  readonly origin: () => Origin;
}

/**
 * An object after `postBuild` substitution. Flux first writes the object as YAML, which loses the quotes from the file. It then substitutes in that text, and
 * reads the result as YAML 1.1. So a lone `"${PORT}"` becomes a number, `yes` becomes a boolean, and a value with a colon breaks the object. An expression with
 * an unknown value is left as written. An object without a dollar sign is returned unchanged.
 * @param onMissing receives the variables that Flux rejects in strict mode
 * @throws BuildError if Flux rejects an expression, or if a value breaks the YAML
 */
export function substituteObject(
  object: Mapping,
  lookup: Lookup,
  onMissing?: (variable: MissingVariable) => void,
): Mapping {
  if (!hasDollar(object) || optsOut(object)) return object;
  const { parsed, missing } = attempt(writeGoYaml(object), object, lookup);
  if (onMissing)
    for (const name of missing)
      onMissing({ name, origin: () => firstField(object, (value) => needs(value, name, lookup)) });
  return withOrigins(parsed, object, originOf(object)) as Mapping;
}

/** Whether a key or string contains a dollar sign. Writing the object as YAML neither adds nor escapes one. */
function hasDollar(value: Value): boolean {
  if (typeof value === "string") return value.includes("$");
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasDollar);
  return Object.keys(value).some((key) => key.includes("$") || hasDollar(value[key] as Value));
}

function attempt(
  text: string,
  object: Mapping,
  lookup: Lookup,
): { readonly parsed: Value; readonly missing: readonly string[] } {
  const origin = (): Origin =>
    object.kind === undefined ? originOf(object) : firstField(object, (value) => fails(value, lookup));
  try {
    const result = substitute(text, lookup);
    const { documents, errors } = parseYaml(new SourceFile("", result.text), { dialect: "v2" });
    const [error] = errors;
    if (error) throw new BuildError(`after substitution this is not valid YAML: ${error.message}`, origin());
    return { parsed: documents[0]?.value ?? null, missing: result.missing };
  } catch (error) {
    if (!(error instanceof SubstitutionError)) throw error;
    throw new BuildError(`substitution: ${error.message}`, origin());
  }
}

/** The first text with an expression that satisfies the test; the object itself if none does on its own. */
function firstField(object: Mapping, test: (value: string) => boolean): Origin {
  const visit = (value: Value, origin: Origin): Origin | undefined => {
    if (typeof value === "string") return value.includes("$") && test(value) ? origin : undefined;
    if (typeof value !== "object" || value === null) return undefined;
    for (const key of Object.keys(value)) {
      const step = Array.isArray(value) ? Number(key) : key;
      const found = visit((value as Mapping)[key] as Value, entryOrigin(value, step));
      if (found) return found;
    }
    return undefined;
  };
  return visit(object, originOf(object)) ?? originOf(object);
}

function needs(value: string, name: string, lookup: Lookup): boolean {
  try {
    return substitute(value, lookup).missing.includes(name);
  } catch (error) {
    if (error instanceof SubstitutionError) return false;
    throw error;
  }
}

function fails(value: string, lookup: Lookup): boolean {
  try {
    const { text } = substitute(writeGoYaml({ value }), lookup);
    return parseYaml(new SourceFile("", text), { dialect: "v2" }).errors.length > 0;
  } catch (error) {
    if (error instanceof SubstitutionError) return true;
    throw error;
  }
}

/** A copy of the value, with the origins of the value that it replaces. */
function withOrigins(value: Value, before: Value | undefined, origin: Origin): Value {
  if (Array.isArray(value)) {
    const own = Array.isArray(before) ? before : undefined;
    const list = listAt(own ? originOf(own) : origin);
    for (const [index, element] of value.entries()) {
      const at = own ? entryOrigin(own, index) : origin;
      pushElement(list, withOrigins(element, own?.[index], at), at);
    }
    return list;
  }
  if (!isMapping(value)) return value;
  const own = isMapping(before) ? before : undefined;
  const mapping = mappingAt(own ? originOf(own) : origin);
  for (const key of Object.keys(value)) {
    const at = own ? entryOrigin(own, key) : origin;
    setField(mapping, key, withOrigins(value[key] as Value, own?.[key], at), at);
  }
  return mapping;
}
