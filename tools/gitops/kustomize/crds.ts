import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { DEFAULT_CONFIGURATION, type Configuration } from "./configuration.ts";
import type { NameReference } from "./default-references.ts";
import type { Directory } from "./directory.ts";
import type { FieldSpec } from "./field-spec.ts";
import { localValue } from "./local-value.ts";
import { scalarText } from "./resource.ts";

interface Found {
  readonly nameReference: NameReference[];
  readonly commonLabels: FieldSpec[];
  readonly commonAnnotations: FieldSpec[];
}

/**
 * What the OpenAPI definitions listed in `crds` add to the configuration: fields that contain labels, annotations or the name of another object. Source:
 * internal/accumulator/loadconfigfromcrds.go.
 */
export function loadCrds(paths: Value[], directory: Directory): Configuration {
  const found: Found = { nameReference: [], commonLabels: [], commonAnnotations: [] };
  for (const [index, path] of paths.entries()) {
    const origin = entryOrigin(paths, index);
    const definitions = localValue(directory, scalarText(path), origin);
    if (definitions === null) continue;
    requireDefinitions(definitions, origin);
    addDefinitions(definitions, found);
  }
  return { ...emptyConfiguration(), ...found };
}

/** @throws BuildError for anything but OpenAPI definitions by name, such as a CustomResourceDefinition */
function requireDefinitions(definitions: Value, origin: Origin): asserts definitions is Mapping {
  const isValid =
    isMapping(definitions) &&
    Object.values(definitions).every((definition) => definition === null || isMapping(definition));
  if (!isValid)
    throw new BuildError(
      "a file in `crds` must have OpenAPI definitions by name: list a CustomResourceDefinition in `resources`",
      origin,
    );
}

function emptyConfiguration(): Configuration {
  const lists = Object.keys(DEFAULT_CONFIGURATION).map((list) => [list, []] as const);
  return Object.fromEntries(lists) as unknown as Configuration;
}

function addDefinitions(definitions: Mapping, found: Found): void {
  for (const name of Object.keys(definitions)) {
    const properties = propertiesOf(definitions, name);
    if (!["kind", "apiVersion", "metadata"].every((field) => Object.hasOwn(properties, field))) continue;
    addProperties({ definitions, kind: name.split(".").at(-1) ?? "", found }, name, []);
  }
}

interface Walk {
  readonly definitions: Mapping;
  readonly kind: string;
  readonly found: Found;
}

function addProperties(walk: Walk, name: string, path: readonly string[]): void {
  // Without a limit, a definition that refers to itself would be followed forever.
  if (path.length > 50) return;
  const { definitions, kind, found } = walk;
  for (const [field, property] of Object.entries(propertiesOf(definitions, name))) {
    if (!isMapping(property)) continue;
    const own = [...path, field];
    const spec = (steps: readonly string[]): FieldSpec => ({ path: steps.join("/"), kind });
    const says = (extension: string): string | undefined =>
      typeof property[extension] === "string" ? property[extension] : undefined;
    if (says("x-kubernetes-annotation") !== undefined) found.commonAnnotations.push(spec(own));
    if (says("x-kubernetes-label-selector") !== undefined) found.commonLabels.push(spec(own));
    const [version, target] = [
      says("x-kubernetes-object-ref-api-version"),
      says("x-kubernetes-object-ref-kind"),
    ];
    if (version !== undefined && target !== undefined) {
      const key = says("x-kubernetes-object-ref-name-key") ?? "name";
      found.nameReference.push({ version, kind: target, fields: [spec([...own, key])] });
    }
    if (typeof property.$ref === "string") addProperties(walk, property.$ref, own);
  }
}

function propertiesOf(definitions: Mapping, name: string): Mapping {
  const definition = definitions[name];
  const schema = isMapping(definition) ? definition.Schema : undefined;
  return isMapping(schema) && isMapping(schema.properties) ? schema.properties : {};
}
