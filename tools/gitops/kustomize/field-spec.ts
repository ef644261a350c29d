import type { Origin } from "../yaml/source.ts";
import {
  entryOrigin,
  mappingAt,
  isMapping,
  listAt,
  originOf,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { isSelected, type Gvk } from "./kinds.ts";
import type { Resource } from "./resource.ts";

/** A field that a transformer writes to, and the kind of object that has the field. Source: FieldSpec in kustomize's api/types. */
export interface FieldSpec extends Partial<Gvk> {
  /** Steps joined by `/`, perhaps after another, with `\/` for a slash. Lists are traversed; `[]` after a step requires a list. */
  readonly path: string;
  /** Whether missing mappings along the path are created. */
  readonly create?: boolean;
}

/** Receives the container of a field, and the field's key in it. */
export type FieldVisitor = (container: Mapping | Value[], key: string | number) => void;

/** What to create for a missing field. */
export type Created = "mapping" | "scalar";

/** Visits every field of an object that matches a field spec. */
export function visitField(
  resource: Resource,
  spec: FieldSpec,
  visit: FieldVisitor,
  creation?: { readonly as: Created; readonly origin: Origin },
): void {
  if (!isSelected(resource.gvk, spec)) return;
  walk(resource.object, stepsOf(spec.path), visit, spec.create ? creation : undefined);
}

const cache = new Map<string, readonly string[]>();

/** The steps of a path with slashes, which may begin with one; a slash in a step is escaped. Source: PathSplitter in kyaml/utils. */
export function stepsOf(path: string): readonly string[] {
  let steps = cache.get(path);
  if (!steps) {
    steps = path
      .replace(/^\//, "")
      .split(/(?<!\\)\//)
      .map((step) => step.replaceAll("\\/", "/"));
    cache.set(path, steps);
  }
  return steps;
}

/** A step that Kustomize takes for an element of a list, or for all entries, where it has found a mapping; or an empty one. Source: getFilter in kyaml/yaml/fns.go. */
const NO_FIELD = /^(?:[-+]?[0-9]+|-|\*|\[.*\]|)$/;

function walk(
  value: Mapping | Value[],
  steps: readonly string[],
  visit: FieldVisitor,
  creation: { readonly as: Created; readonly origin: Origin } | undefined,
): void {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      if (steps.length === 0) visit(value, index);
      else if (isMapping(element) || Array.isArray(element)) walk(element, steps, visit, creation);
      else if (element !== null)
        throw new BuildError(
          `this element must be a mapping with the field ${steps[0] ?? ""}`,
          entryOrigin(value, index),
        );
    }
    return;
  }
  const [step = "", ...rest] = steps;
  const isList = step.endsWith("[]");
  const name = isList ? step.slice(0, -2) : step;
  if (NO_FIELD.test(name))
    throw new BuildError(`Kustomize cannot set a field at "${steps.join("/")}"`, originOf(value));
  if (value[name] === undefined || value[name] === null) {
    if (isList && value[name] === null)
      setField(value, name, listAt(entryOrigin(value, name)), entryOrigin(value, name));
    if (creation === undefined || isList) return;
    const missing = rest.length === 0 && creation.as === "scalar" ? "" : mappingAt(creation.origin);
    setField(value, name, missing, creation.origin);
  }
  if (rest.length === 0) {
    visit(value, name);
    return;
  }
  const next = value[name];
  if (isMapping(next) || Array.isArray(next)) walk(next, rest, visit, creation);
  else throw new BuildError(`${name} must be a mapping or a list`, entryOrigin(value, name));
}

/** The field specs from both lists, without duplicates. */
export function mergeSpecs(specs: readonly FieldSpec[], more: readonly FieldSpec[]): readonly FieldSpec[] {
  const merged = [...specs];
  for (const spec of more) {
    const same = merged.some(
      ({ path, group, version, kind }) =>
        path === spec.path && group === spec.group && version === spec.version && kind === spec.kind,
    );
    if (!same) merged.push(spec);
  }
  return merged;
}
