import { scalarText } from "../kustomize/resource.ts";
import { resolvePlain } from "../yaml/schema.ts";
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
import { unsupported } from "../problem.ts";
import { specOf } from "./flux-kustomization.ts";

/** Whether an object is a ResourceSet of the Flux Operator. */
export function isResourceSet({ apiVersion, kind }: Mapping): boolean {
  return kind === "ResourceSet" && scalarText(apiVersion).startsWith("fluxcd.controlplane.io/");
}

/**
 * The objects that a ResourceSet creates from its own inputs; none if its inputs come from the cluster.
 * Source: github.com/controlplaneio-fluxcd/flux-operator, docs/api/v1/resourceset.md.
 * @throws BuildError for a template with anything other than `<< inputs.name >>`, optionally with `| quote`
 */
export function expandResourceSet(set: Mapping): readonly Mapping[] {
  const spec = specOf(set);
  const given = mappingsIn(spec.inputs);
  if (given.length === 0 && Array.isArray(spec.inputsFrom)) return [];
  if (scalarText(spec.resourcesTemplate) !== "")
    throw unsupported("spec.resourcesTemplate in a ResourceSet", entryOrigin(spec, "resourcesTemplate"));
  const resources = mappingsIn(spec.resources);
  const made = new Map<string, Mapping>();
  for (const inputs of given.length === 0 ? [mappingAt(originOf(set))] : given)
    for (const resource of resources) {
      const object = filled(resource, inputs) as Mapping;
      made.set(idOf(object), object);
    }
  return [...made.values()];
}

const mappingsIn = (value: Value | undefined): readonly Mapping[] =>
  Array.isArray(value) ? value.filter(isMapping) : [];

/** A key for an object. An object that results from several inputs is created only once. */
function idOf({ apiVersion, kind, metadata }: Mapping): string {
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  return [apiVersion, kind, namespace, name].map((part) => scalarText(part)).join(" ");
}

function filled(value: Value, inputs: Mapping): Value {
  if (Array.isArray(value)) {
    const list = listAt(originOf(value));
    for (const [index, element] of value.entries())
      pushElement(list, filledEntry(value, index, element, inputs), entryOrigin(value, index));
    return list;
  }
  if (!isMapping(value)) return value;
  const mapping = mappingAt(originOf(value));
  for (const key of Object.keys(value)) {
    const name = scalarText(filledEntry(value, key, key, inputs));
    setField(mapping, name, filledEntry(value, key, value[key] as Value, inputs), entryOrigin(value, key));
  }
  return mapping;
}

function filledEntry(
  container: Mapping | Value[],
  key: string | number,
  value: Value,
  inputs: Mapping,
): Value {
  if (typeof value !== "string") return filled(value, inputs);
  if (!value.includes("<<")) return value;
  const text = value.replace(/<<-?([^>]*)>>/g, (_, expression: string) => {
    const [, path, quoted] = /^\s*inputs\.([\w.]+)\s*(\|\s*quote\s*)?-?$/.exec(expression) ?? [];
    const found = path
      ?.split(".")
      .reduce<Value | undefined>((inner, step) => (isMapping(inner) ? inner[step] : undefined), inputs);
    if (found === undefined || typeof found === "object")
      throw unsupported(`<<${expression}>> in a ResourceSet`, entryOrigin(container, key));
    return quoted === undefined ? String(found) : JSON.stringify(found);
  });
  // The operator replaces text in the YAML, so a value that consists of an input alone takes the input's type.
  return /^"(.*)"$/.exec(text)?.[1] ?? resolvePlain(text);
}
