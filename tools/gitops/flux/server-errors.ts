import { isNamespaced } from "../kustomize/kinds.ts";
import { Resource, scalarText } from "../kustomize/resource.ts";
import { readTyped, type Type } from "../kustomize/typed.ts";
import { entryOrigin, isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError, RefusedError } from "../problem.ts";
import { isFluxKustomization, specOf } from "./flux-kustomization.ts";
import { hidesKeys } from "./variables.ts";

/**
 * Why the API server, or kustomize-controller before it, rejects an object that Kustomize builds: numbers or booleans in string fields, a namespaced object
 * without a namespace, a Secret that stays encrypted.
 */
export function serverErrors(object: Mapping, kustomization: Mapping | undefined): readonly BuildError[] {
  if (hidesKeys(object)) return [];
  const errors = [...textErrors(object), ...typeErrors(object)];
  const { gvk, namespace, name } = new Resource(object, originOf(object));
  if (namespace === "" && isNamespaced(gvk)) {
    const advice = "set metadata.namespace, or set spec.targetNamespace in the Kustomization";
    errors.push(new RefusedError(`${gvk.kind} ${name} has no namespace: ${advice}`, originOf(object)));
  }
  const isEncrypted = gvk.kind === "Secret" && gvk.group === "" && object.sops !== undefined;
  if (isEncrypted && kustomization && specOf(kustomization).decryption === undefined) {
    const owner = scalarText(isMapping(kustomization.metadata) ? kustomization.metadata.name : "");
    const message = `Secret ${name} is encrypted with SOPS, but Kustomization ${owner} has no spec.decryption`;
    errors.push(new RefusedError(message, entryOrigin(object, "sops")));
  }
  return errors;
}

/** Mappings in which all values must be strings, by kind. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ["data", "binaryData"],
  Secret: ["data", "stringData"],
};

function textErrors(object: Mapping): BuildError[] {
  const metadata = isMapping(object.metadata) ? object.metadata : {};
  const data = object.apiVersion === "v1" ? (TEXTS[scalarText(object.kind)] ?? []) : [];
  return [
    ...["labels", "annotations"].map((field) => [`metadata.${field}`, metadata[field]] as const),
    ...data.map((field) => [field, object[field]] as const),
  ]
    .flatMap(([path, values]) => (isMapping(values) ? notTexts(path, values) : []))
    .concat(data.flatMap((field) => invalidKeys(field, object[field])));
}

/** Source: IsConfigMapKey in apimachinery's util/validation. */
const DATA_KEY = /^(?!\.\.|\.$)[-._a-zA-Z0-9]{1,253}$/;

function invalidKeys(path: string, values: Value | undefined): BuildError[] {
  if (!isMapping(values)) return [];
  return Object.keys(values)
    .filter((key) => !DATA_KEY.test(key))
    .map((key) => {
      const message = `${JSON.stringify(key)} is not a valid key in ${path}: use letters, digits, "-", "_" and "."`;
      return new RefusedError(message, entryOrigin(values, key));
    });
}

function notTexts(path: string, values: Mapping): BuildError[] {
  return Object.keys(values)
    .filter((key) => values[key] !== null && typeof values[key] !== "string")
    .map((key) => {
      const advice = typeof values[key] === "object" ? "" : ": quote it";
      return new RefusedError(`${path}.${key} must be a string${advice}`, entryOrigin(values, key));
    });
}

/** Fields of a Flux Kustomization that often have the wrong type; others are not checked. Source: its CustomResourceDefinition. */
const SPEC: Readonly<Record<string, Type>> = {
  ...Object.fromEntries(
    ["interval", "path", "retryInterval", "serviceAccountName", "targetNamespace", "timeout"].map(
      (field) => [field, "string"] as const,
    ),
  ),
  ...Object.fromEntries(["prune", "suspend", "wait", "force"].map((field) => [field, "boolean"] as const)),
};

function typeErrors(object: Mapping): BuildError[] {
  if (!isFluxKustomization(object)) return [];
  const spec = specOf(object);
  const postBuild = isMapping(spec.postBuild) ? spec.postBuild : {};
  const { substitute } = postBuild;
  const errors = isMapping(substitute) ? notTexts("spec.postBuild.substitute", substitute) : [];
  for (const [field, type] of Object.entries(SPEC)) {
    const error = typeError(spec[field] ?? null, type, () => entryOrigin(spec, field), `spec.${field}`);
    if (error) errors.push(error);
  }
  return errors;
}

function typeError(
  value: Value,
  type: Type,
  origin: () => ReturnType<typeof entryOrigin>,
  name: string,
): BuildError | undefined {
  if (value === null) return undefined;
  try {
    readTyped(value, type, "strict", origin());
    return undefined;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return new RefusedError(error.message.replace("the document", name), error.origin);
  }
}
