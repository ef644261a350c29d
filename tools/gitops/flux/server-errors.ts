import { definedScopes } from "../kustomize/definitions.ts";
import { isNamespaced, type Gvk } from "../kustomize/kinds.ts";
import { Resource, scalarText } from "../kustomize/resource.ts";
import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, originOf, type Mapping } from "../yaml/values.ts";
import { BuildError, RefusedError } from "../problem.ts";
import { fieldTypes } from "./field-types/types.ts";
import { wrongTypes } from "./field-types/wrong-types.ts";
import { CIPHERTEXT } from "./ciphertext.ts";
import { specOf } from "./flux-kustomization.ts";
import { hidesKeys } from "./variables.ts";

/**
 * Why the API server, or kustomize-controller before it, rejects an object that Kustomize builds: fields of the wrong type, a namespaced object without a
 * namespace, an object that stays encrypted.
 */
export function serverErrors(object: Mapping, kustomization: Mapping | undefined): readonly BuildError[] {
  if (hidesKeys(object)) return [];
  const { gvk, namespace, name } = new Resource(object, originOf(object));
  const errors = [...wrongTypes(object, fieldTypes(gvk)), ...invalidKeys(gvk, object)];
  if (namespace === "" && isNamespaced(gvk)) errors.push(withoutNamespace(object));
  const encrypted = kustomization && !decrypts(kustomization) ? encryptedPlace(gvk, object) : undefined;
  if (encrypted) {
    const owner = scalarText(isMapping(kustomization?.metadata) ? kustomization.metadata.name : "");
    const message = `${gvk.kind} ${name} is encrypted with SOPS, but Kustomization ${owner} has no spec.decryption`;
    errors.push(new RefusedError(message, encrypted));
  }
  return errors;
}

function withoutNamespace(object: Mapping): RefusedError {
  const { gvk, name } = new Resource(object, originOf(object));
  const advice = "set metadata.namespace, or set spec.targetNamespace in the Kustomization";
  return new RefusedError(`${gvk.kind} ${name} has no namespace: ${advice}`, originOf(object));
}

/** Errors for the custom resources on a cluster without the namespace that their CustomResourceDefinitions, on the same cluster, require. */
export function customResourceErrors(objects: readonly Mapping[]): readonly RefusedError[] {
  const scopes = definedScopes(objects);
  if (scopes.size === 0) return [];
  return objects
    .filter((object) => {
      const { gvk, namespace } = new Resource(object, originOf(object));
      return (
        namespace === "" && !isNamespaced(gvk) && scopes.get(`${gvk.group}/${gvk.kind}`) === "Namespaced"
      );
    })
    .map(withoutNamespace);
}

/** Source: DecryptResource in kustomize-controller's internal/decryptor/decryptor.go. */
function decrypts(kustomization: Mapping): boolean {
  const { decryption } = specOf(kustomization);
  return isMapping(decryption) && scalarText(decryption.provider) !== "";
}

/**
 * Where SOPS has written into an object: next to `metadata`, which the API server rejects, or, if Kustomize generated a Secret from an encrypted file, into a
 * value, which the app would take for its password.
 */
function encryptedPlace(gvk: Gvk, object: Mapping): Origin | undefined {
  if (object.sops !== undefined) return entryOrigin(object, "sops");
  const { data } = object;
  if (gvk.kind !== "Secret" || gvk.group !== "" || !isMapping(data)) return undefined;
  const key = Object.keys(data).find((name) => fromBase64(scalarText(data[name])).includes(CIPHERTEXT));
  return key === undefined ? undefined : entryOrigin(data, key);
}

const fromBase64 = (text: string): string => Buffer.from(text, "base64").toString("utf8");

/** Source: IsConfigMapKey in apimachinery's util/validation. */
const DATA_KEY = /^(?!\.\.|\.$)[-._a-zA-Z0-9]{1,253}$/;

function invalidKeys({ group, kind }: Gvk, object: Mapping): readonly BuildError[] {
  if (group !== "" || (kind !== "ConfigMap" && kind !== "Secret")) return [];
  return ["data", "binaryData", "stringData"].flatMap((field) => {
    const values = object[field];
    if (!isMapping(values)) return [];
    return Object.keys(values)
      .filter((key) => !DATA_KEY.test(key))
      .map((key) => {
        const message = `${JSON.stringify(key)} is not a valid key in ${field}: use letters, digits, "-", "_" and "."`;
        return new RefusedError(message, entryOrigin(values, key));
      });
  });
}

/**
 * The error for an object that an API server cannot identify: Kustomize builds one whose kind is encrypted, and accepts a number as a name, but the API server
 * requires a string. Flux does not apply an object without apiVersion, and reports nothing. Source: ReadObjects in fluxcd/pkg/ssa/utils/object.go.
 */
export function identityError(object: Mapping): BuildError | undefined {
  if (scalarText(object.kind).startsWith("ENC["))
    return new BuildError(
      "the field `kind` is encrypted: SOPS must leave apiVersion, kind and metadata in plain text",
      originOf(object),
    );
  if ((object.apiVersion ?? "") === "")
    return new BuildError(
      `this ${scalarText(object.kind)} has no apiVersion, so Flux leaves it out: add the field`,
      originOf(object),
    );
  const { name, namespace } = isMapping(object.metadata) ? object.metadata : {};
  const required = { apiVersion: object.apiVersion, kind: object.kind, "metadata.name": name };
  for (const [field, value] of Object.entries({ ...required, "metadata.namespace": namespace ?? "" }))
    if (typeof value !== "string")
      return new BuildError(`${field} must be a string: quote it`, originOf(object));
  return undefined;
}
