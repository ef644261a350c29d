import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, originOf, setField, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError, UnmatchedError } from "../problem.ts";
import { fieldAt, splitFieldPath } from "./field-path.ts";
import { visitField, type FieldSpec } from "./field-spec.ts";
import { isClusterScoped, parseApiVersion } from "./kinds.ts";
import { scalarText, type Resource } from "./resource.ts";
import { effectiveNamespace, type ResourceId } from "./resource-id.ts";
import type { Resources } from "./resources.ts";

/** One entry of `vars`: `$(name)` stands for a field of an object. */
export interface Variable {
  readonly name: string;
  readonly fieldPath: string;
  readonly origin: Origin;
}

/**
 * Adds an entry of `vars` to those of the build, and records it on the object that it refers to, if that object has been loaded. Source: MergeVars in
 * internal/accumulator/resaccumulator.go.
 * @throws BuildError if the name already exists, or if several objects match
 */
export function addVariable(variables: Variable[], entry: Mapping, resources: Resources): void {
  const reference = isMapping(entry.objref) ? entry.objref : {};
  const field = isMapping(entry.fieldref) ? entry.fieldref : {};
  const variable = {
    name: scalarText(entry.name),
    fieldPath: scalarText(field.fieldPath) || "metadata.name",
    origin: originOf(entry),
  };
  const matching = resources
    .everNamed(scalarText(reference.name))
    .filter(({ ids }) => ids.some((id) => isReferenced(id, reference)));
  if (matching.length > 1)
    throw new BuildError(`several objects match the variable ${variable.name}`, variable.origin);
  matching[0]?.variables.push(variable.name);
  mergeVariables(variables, [variable]);
}

/** @throws BuildError if two variables have the same name */
export function mergeVariables(variables: Variable[], more: readonly Variable[]): void {
  for (const variable of more) {
    if (variables.some(({ name }) => name === variable.name))
      throw new BuildError(`the variable ${variable.name} exists already`, variable.origin);
    variables.push(variable);
  }
}

/** Without a namespace, a reference to a namespaced object matches in every namespace. */
function isReferenced(id: ResourceId, reference: Mapping): boolean {
  const gvk = gvkOf(reference);
  const namespace = scalarText(reference.namespace);
  const name = scalarText(reference.name);
  const isSame =
    id.name === name &&
    id.gvk.group === gvk.group &&
    id.gvk.version === gvk.version &&
    id.gvk.kind === gvk.kind;
  if (!isSame || (namespace === "" && !isClusterScoped(gvk))) return isSame;
  return effectiveNamespace({ gvk, name, namespace }) === effectiveNamespace(id);
}

function gvkOf(reference: Mapping): ResourceId["gvk"] {
  const written = {
    group: scalarText(reference.group),
    version: scalarText(reference.version),
    kind: scalarText(reference.kind),
  };
  const apiVersion = scalarText(reference.apiVersion);
  if (apiVersion === "") return written;
  const { group, version } = parseApiVersion(apiVersion);
  return { ...written, version, ...(group !== "" && { group }) };
}

/**
 * Replaces `$(NAME)` in the fields that may contain variables. Source: ResolveVars in internal/accumulator, and filters/refvar.
 * @throws BuildError if a variable's object or field does not exist
 */
export function resolveVariables(
  resources: Resources,
  variables: readonly Variable[],
  specs: readonly FieldSpec[],
): void {
  if (variables.length === 0) return;
  const values = new Map(variables.map((variable) => [variable.name, valueOf(variable, resources)]));
  for (const resource of resources.all) for (const spec of specs) replaceIn(resource, spec, values);
}

function valueOf({ name, fieldPath, origin }: Variable, resources: Resources): Value {
  const resource = resources.all.find(({ variables }) => variables.includes(name));
  if (!resource) throw new UnmatchedError(`no object matches the variable ${name}`, origin);
  const value = fieldAt(resource.object, indexed(splitFieldPath(fieldPath)), origin);
  if (value === undefined)
    throw new BuildError(`the object of the variable ${name} has no field ${fieldPath}`, origin);
  return value;
}

/** Splits `ports[0]` into two steps. */
function indexed(steps: readonly string[]): readonly string[] {
  return steps.flatMap((step) => {
    const [, field = "", index] = /^(.*)\[(\d+)\]$/.exec(step) ?? [];
    return index === undefined ? [step] : [...(field === "" ? [] : [field]), index];
  });
}

function replaceIn(resource: Resource, spec: FieldSpec, values: ReadonlyMap<string, Value>): void {
  visitField(resource, spec, (container, key) => {
    const value = (container as Mapping)[key];
    if (isMapping(value)) for (const name of Object.keys(value)) replaceAt(value, name, values);
    else if (Array.isArray(value))
      for (const index of value.keys()) {
        if (typeof value[index] !== "string")
          throw new BuildError("a list with variables may contain only strings", entryOrigin(value, index));
        replaceAt(value, index, values);
      }
    else replaceAt(container, key, values);
  });
}

function replaceAt(
  container: Mapping | Value[],
  key: string | number,
  values: ReadonlyMap<string, Value>,
): void {
  const text = (container as Mapping)[key];
  if (typeof text !== "string" || !text.includes("$")) return;
  setField(container as Mapping, String(key), replaced(text, values), entryOrigin(container, key));
}

/**
 * A text with its variables replaced. A text that consists of a single variable takes the type of the variable's value. `$$` is an escaped `$`. An unknown
 * variable, or one whose value is not a scalar, is left as written. Source: DoReplacements in filters/refvar/expand.go.
 */
function replaced(text: string, values: ReadonlyMap<string, Value>): Value {
  const known = (name: string): string | number | boolean | undefined => {
    const value = values.get(name);
    return typeof value === "object" ? undefined : value;
  };
  const [whole, only = ""] = /^\$\(([^)]*)\)$/.exec(text) ?? [];
  if (whole !== undefined) return known(only) ?? text;
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (found, name: string | undefined) =>
    name === undefined ? "$" : String(known(name) ?? found),
  );
}
