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
import { attempt, unsupported, type BuildError } from "../problem.ts";
import { specOf } from "./flux-kustomization.ts";

/** Whether an object is a ResourceSet of the Flux Operator. */
export function isResourceSet({ apiVersion, kind }: Mapping): boolean {
  return kind === "ResourceSet" && scalarText(apiVersion).startsWith("fluxcd.controlplane.io/");
}

/** Finds a ResourceSetInputProvider in the cluster's build. */
export type FindProvider = (namespace: string, name: string) => Mapping | undefined;

/**
 * The objects that a ResourceSet creates from its own inputs and those of static providers.
 * Source: github.com/controlplaneio-fluxcd/flux-operator, internal/builder/resourceset.go.
 * @param onError called for a template with anything other than `<< inputs.name >>`, optionally with `| quote`; the other objects are created nevertheless
 * @throws BuildError for inputs from the cluster
 */
export function expandResourceSet(
  set: Mapping,
  findProvider: FindProvider,
  onError: (error: BuildError) => void,
): readonly Mapping[] {
  const spec = specOf(set);
  const given = inputsOf(set, findProvider);
  const made = new Map<string, Mapping>();
  for (const step of [spec, ...mappingsIn(spec.steps)]) {
    if (scalarText(step.resourcesTemplate) !== "")
      onError(unsupported("resourcesTemplate in a ResourceSet", entryOrigin(step, "resourcesTemplate")));
    for (const resource of mappingsIn(step.resources))
      for (const inputs of given) {
        const object = attempt(() => filled(resource, inputs) as Mapping, onError);
        // Of several objects with the same identity, the operator keeps the first.
        if (object && !made.has(idOf(object)) && !isDisabled(object)) made.set(idOf(object), object);
      }
  }
  return [...made.values()];
}

/** The sets of inputs, each of which gives every resource once; one empty set if the ResourceSet takes no inputs. */
function inputsOf(set: Mapping, findProvider: FindProvider): readonly Mapping[] {
  const spec = specOf(set);
  const own = mappingsIn(spec.inputs);
  if (!Array.isArray(spec.inputsFrom)) return own.length === 0 ? [mappingAt(originOf(set))] : own;
  if (isMapping(spec.inputStrategy) && scalarText(spec.inputStrategy.name) === "Permute")
    throw unsupported("inputStrategy Permute in a ResourceSet", entryOrigin(spec, "inputStrategy"));
  const { namespace } = isMapping(set.metadata) ? set.metadata : {};
  const list = spec.inputsFrom;
  return [
    ...own,
    ...list.map((reference, index) => {
      const name = isMapping(reference) ? scalarText(reference.name) : "";
      const provider = name === "" ? undefined : specOf(findProvider(scalarText(namespace), name) ?? {});
      if (provider?.type !== "Static" || !isMapping(provider.defaultValues))
        throw unsupported(
          "inputs of a ResourceSet that are not those of a static provider in this repository",
          entryOrigin(list, index),
        );
      return provider.defaultValues;
    }),
  ];
}

function isDisabled({ metadata }: Mapping): boolean {
  const annotations = isMapping(metadata) ? metadata.annotations : undefined;
  return isMapping(annotations) && annotations["fluxcd.controlplane.io/reconcile"] === "disabled";
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
    return quoted === undefined ? String(found) : JSON.stringify(String(found));
  });
  // The operator replaces text in the YAML, so a value that consists of an input alone takes the input's type.
  return /^"(.*)"$/.exec(text)?.[1] ?? resolvePlain(text);
}
