import { entryOrigin, isMapping, mappingsIn, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { Directory } from "./directory.ts";
import type { Gvk } from "./kinds.ts";
import { localPath } from "./local-path.ts";
import { localValue } from "./local-value.ts";
import { mergeKeys, type MergeKeys, type MergeSchemas } from "./merge-keys.ts";
import { scalarText } from "./resource.ts";

/** The only version that Kustomize has the schema of. */
const BUILT_IN = "v1.21.2";

/** A schema without anything beyond what Kustomize has. */
const ONLY_BUILT_IN: MergeSchemas = () => undefined;

/**
 * The merge keys in the schema that `openapi.path` names, which Kustomize adds to its own; undefined if the kustomization names neither a schema nor a version.
 * Source: SetSchema and parse in kyaml/openapi/openapi.go.
 */
export function loadSchemas({ openapi }: Mapping, directory: Directory): MergeSchemas | undefined {
  if (!isMapping(openapi)) return undefined;
  const version = scalarText(openapi.version);
  const hasPath = Object.hasOwn(openapi, "path");
  if (version !== "" && (version !== BUILT_IN || hasPath))
    throw new BuildError(
      hasPath ? "openapi has either a version or a path" : `Kustomize has only the schema of ${BUILT_IN}`,
      entryOrigin(openapi, "version"),
    );
  if (!hasPath) return version === "" ? undefined : ONLY_BUILT_IN;
  const schema = localValue(directory, scalarText(openapi.path), entryOrigin(openapi, "path"));
  const definitions = isMapping(schema) && isMapping(schema.definitions) ? schema.definitions : {};
  const byKind = new Map<string, Mapping>();
  for (const definition of Object.values(definitions))
    if (isMapping(definition)) for (const kind of kindsOf(definition)) byKind.set(kind, definition);
  return (gvk, field) => {
    const definition = byKind.get(key(gvk));
    return definition && mergeKeysAt(definition, field, definitions);
  };
}

/** Kustomize reads the file of a schema even where another schema applies. @throws BuildError if there is no such file */
export function requireSchemaFile({ openapi }: Mapping, directory: Directory): void {
  if (!isMapping(openapi) || !Object.hasOwn(openapi, "path")) return;
  const origin = entryOrigin(openapi, "path");
  directory.repository.read(localPath(directory, scalarText(openapi.path), origin), origin);
}

const key = ({ group, version, kind }: Gvk): string => `${group}/${version}/${kind}`;

function kindsOf(definition: Mapping): readonly string[] {
  return mappingsIn(definition["x-kubernetes-group-version-kind"]).map(({ group, version, kind }) =>
    key({ group: scalarText(group), version: scalarText(version), kind: scalarText(kind) }),
  );
}

function mergeKeysAt(definition: Mapping, path: string, definitions: Mapping): MergeKeys | undefined {
  let schema: Mapping | undefined = definition;
  const fields = path.split(".");
  for (const [index, field] of fields.entries()) {
    if (schema?.type === "array") schema = resolve(schema.items, definitions);
    const builtIn = BUILT_IN_PATHS[scalarText(schema?.$ref)];
    if (builtIn !== undefined) return mergeKeys(DEPLOYMENT, [builtIn, ...fields.slice(index)].join("."));
    schema = schema && fieldOf(schema, field, definitions);
  }
  if (!schema || !scalarText(schema["x-kubernetes-patch-strategy"]).split(",").includes("merge"))
    return undefined;
  const keys = schema["x-kubernetes-list-map-keys"];
  if (Array.isArray(keys)) return keys.map(scalarText);
  const mergeKey = scalarText(schema["x-kubernetes-patch-merge-key"]);
  return mergeKey === "" ? [] : [mergeKey];
}

const DEPLOYMENT: Gvk = { group: "apps", version: "v1", kind: "Deployment" };

/** Where a Deployment has the parts of a pod, which a schema can refer to without defining them. */
const BUILT_IN_PATHS: Readonly<Record<string, string>> = {
  "#/definitions/io.k8s.api.core.v1.PodTemplateSpec": "spec.template",
  "#/definitions/io.k8s.api.core.v1.PodSpec": "spec.template.spec",
  "#/definitions/io.k8s.api.core.v1.Container": "spec.template.spec.containers",
};

function fieldOf(schema: Mapping, field: string, definitions: Mapping): Mapping | undefined {
  const { properties, additionalProperties } = schema;
  if (isMapping(properties) && Object.hasOwn(properties, field))
    return resolve(properties[field], definitions);
  return resolve(additionalProperties, definitions);
}

/** The definition that a schema refers to; a reference to a definition that the file does not contain stays. */
function resolve(schema: Mapping[string] | undefined, definitions: Mapping): Mapping | undefined {
  let resolved = schema;
  for (let depth = 0; depth < 50 && isMapping(resolved) && typeof resolved.$ref === "string"; depth++) {
    const name = resolved.$ref.replace("#/definitions/", "");
    if (!Object.hasOwn(definitions, name)) break;
    resolved = definitions[name];
  }
  return isMapping(resolved) ? resolved : undefined;
}
