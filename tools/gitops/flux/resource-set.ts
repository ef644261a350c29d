import { scalarText } from "../kustomize/resource.ts";
import { TemplateError } from "../go-template/error.ts";
import { parseTemplate } from "../go-template/parse.ts";
import { runTemplate } from "../go-template/run.ts";
import { writtenStyle } from "../yaml/go-yaml-writer.ts";
import { parseYaml } from "../yaml/parse.ts";
import { SourceFile, type Origin } from "../yaml/source.ts";
import {
  entryOrigin,
  isMapping,
  listAt,
  mappingAt,
  mappingsIn,
  originOf,
  pushElement,
  setField,
  valueAt,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { attempt, BuildError, unsupported } from "../problem.ts";
import { specOf } from "./flux-kustomization.ts";

/** Whether an object is a ResourceSet of the Flux Operator. */
export function isResourceSet({ apiVersion, kind }: Mapping): boolean {
  return kind === "ResourceSet" && scalarText(apiVersion).startsWith("fluxcd.controlplane.io/");
}

/**
 * The objects that a ResourceSet creates from its own inputs and those of static providers.
 * Source: github.com/controlplaneio-fluxcd/flux-operator, internal/builder/resourceset.go.
 * @param known the objects among which the providers are
 * @param onError called for a template that fails or needs something unsupported; the other objects are created nevertheless
 * @throws BuildError for inputs from the cluster
 */
export function expandResourceSet(
  set: Mapping,
  known: readonly Mapping[],
  onError: (error: BuildError) => void,
): readonly Mapping[] {
  const spec = specOf(set);
  const given = inputsOf(set, known);
  const made = new Map<string, Mapping>();
  for (const step of [spec, ...mappingsIn(spec.steps)]) {
    const add = (make: () => readonly Mapping[]): void => {
      for (const object of attempt(make, onError) ?? [])
        // Of several objects with the same identity, the operator keeps the first.
        if (!made.has(idOf(object)) && !isDisabled(object)) made.set(idOf(object), object);
    };
    for (const resource of mappingsIn(step.resources))
      for (const inputs of given) add(() => [filled(resource, inputs) as Mapping]);
    if (scalarText(step.resourcesTemplate) !== "")
      for (const inputs of given) add(() => fromTemplate(step, inputs));
  }
  return [...made.values()];
}

/** The objects in a template's documents. */
function fromTemplate(step: Mapping, inputs: Mapping): readonly Mapping[] {
  const origin = entryOrigin(step, "resourcesTemplate");
  const { documents, errors } = parseYaml(
    new SourceFile("", run(scalarText(step.resourcesTemplate), inputs, origin)),
  );
  if (errors[0])
    throw new BuildError(
      `the template of the ResourceSet creates invalid YAML: ${errors[0].message}`,
      origin,
    );
  return documents.flatMap(({ value }) => (isMapping(value) ? [valueAt(value, origin) as Mapping] : []));
}

/** The text that a template writes. */
function run(text: string, inputs: Mapping, origin: Origin): string {
  try {
    return runTemplate(parseTemplate(text, ["<<", ">>"]), { inputs });
  } catch (error) {
    // The parser would overflow the stack.
    if (error instanceof RangeError) throw unsupported("so deep a template in a ResourceSet", origin);
    if (!(error instanceof TemplateError)) throw error;
    if (error.construct !== undefined) throw unsupported(`${error.construct} in a ResourceSet`, origin);
    throw new BuildError(`the template of the ResourceSet fails: ${error.message}`, origin);
  }
}

/** The sets of inputs, each of which gives every resource once; one empty set if the ResourceSet takes no inputs. */
function inputsOf(set: Mapping, known: readonly Mapping[]): readonly Mapping[] {
  const spec = specOf(set);
  const own = mappingsIn(spec.inputs);
  const ownInputs = own.map((inputs) => withProvider(inputs, set));
  if (!Array.isArray(spec.inputsFrom)) return own.length === 0 ? [mappingAt(originOf(set))] : ownInputs;
  if (isMapping(spec.inputStrategy) && scalarText(spec.inputStrategy.name) === "Permute")
    throw unsupported("inputStrategy Permute in a ResourceSet", entryOrigin(spec, "inputStrategy"));
  const { namespace } = isMapping(set.metadata) ? set.metadata : {};
  const list = spec.inputsFrom;
  return [
    ...ownInputs,
    ...list.map((reference, index) => {
      const name = isMapping(reference) ? scalarText(reference.name) : "";
      const provider = name === "" ? undefined : findProvider(known, namespace, name);
      const { type, defaultValues } = specOf(provider ?? {});
      if (provider === undefined || type !== "Static" || !isMapping(defaultValues))
        throw unsupported(
          "inputs of a ResourceSet that are not those of a static provider in this repository",
          entryOrigin(list, index),
        );
      return withProvider(defaultValues, provider);
    }),
  ];
}

/** Inputs with the object that they come from. Source: getFromProvider in internal/inputs/provider.go. */
function withProvider(inputs: Mapping, { apiVersion, kind, metadata }: Mapping): Mapping {
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  const provider = { apiVersion, kind, name, namespace };
  const texts = Object.entries(provider).map(([key, value]) => [key, scalarText(value)]);
  return { ...inputs, provider: Object.fromEntries(texts) as Mapping };
}

function findProvider(
  known: readonly Mapping[],
  namespace: Value | undefined,
  name: string,
): Mapping | undefined {
  return known.find(
    ({ kind, metadata }) =>
      kind === "ResourceSetInputProvider" &&
      isMapping(metadata) &&
      metadata.name === name &&
      scalarText(metadata.namespace) === scalarText(namespace),
  );
}

function isDisabled({ metadata }: Mapping): boolean {
  const annotations = isMapping(metadata) ? metadata.annotations : undefined;
  return isMapping(annotations) && annotations["fluxcd.controlplane.io/reconcile"] === "disabled";
}

/** A key for an object, whatever its version. An object that results from several inputs is created only once. */
function idOf({ apiVersion, kind, metadata }: Mapping): string {
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  const group = scalarText(apiVersion).replace(/\/?[^/]*$/, "");
  return [group, kind, namespace, name].map((part) => scalarText(part)).join(" ");
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
  const origin = entryOrigin(container, key);
  const text = run(value, inputs, origin);
  // The operator runs the template on the YAML that go-yaml writes, so without quotes the result decides the type.
  if (writtenStyle(value) !== "plain") return text;
  const { documents, errors } = parseYaml(new SourceFile("", `value: ${text}\n`));
  const document = documents[0]?.value;
  if (errors[0] || !isMapping(document))
    throw new BuildError("the template of the ResourceSet creates invalid YAML", origin);
  return valueAt(document.value ?? null, origin);
}
