import type { KubeObject } from "../../../kube/objects.ts";
import { formatPath } from "../../../policy/engine/path.ts";
import { skippedBecause } from "../../../policy/objects/flux.ts";
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
import { invalidMetadata } from "./server-names.ts";
import { isEncryptedWhole } from "./variables.ts";

/**
 * Why the API server, or kustomize-controller before it, rejects an object that Kustomize builds: fields of the wrong type, a namespaced object without a
 * namespace, a name that it does not accept, an object that stays encrypted.
 */
export function serverErrors(object: Mapping, kustomization: Mapping | undefined): readonly BuildError[] {
  if (isEncryptedWhole(object)) return [];
  const resource = new Resource(object, originOf(object));
  const { gvk, name } = resource;
  const errors = isSkipped(object) ? [] : [...refusals(resource)];
  const encrypted = kustomization && !decrypts(kustomization) ? encryptedPlace(gvk, object) : undefined;
  if (encrypted) {
    const owner = scalarText(isMapping(kustomization?.metadata) ? kustomization.metadata.name : "");
    const message = `${gvk.kind} ${name} is encrypted with SOPS, but Kustomization ${owner} has no spec.decryption`;
    errors.push(new RefusedError(message, encrypted));
  }
  return errors;
}

/** What the API server rejects in an object that Flux sends to it. */
function* refusals({ object, gvk, namespace }: Resource): Generator<RefusedError> {
  yield* wrongTypes(object, fieldTypes(gvk));
  yield* invalidMetadata(object, gvk);
  yield* invalidKeys(gvk, object);
  if (gvk.kind === "Secret" && gvk.group === "") yield* unreadableValues(object);
  if (namespace === "" && isNamespaced(gvk)) yield withoutNamespace(object);
}

/**
 * Values of a Secret that are no base64, or that SOPS has encrypted in an object that does not say so: then nothing decrypts them. Source: isSOPSEncryptedResource in
 * kustomize-controller's internal/decryptor.
 */
function* unreadableValues(secret: Mapping): Generator<RefusedError> {
  const isSealed = secret.sops !== undefined;
  for (const field of ["data", "stringData"]) {
    const values = secret[field];
    if (!isMapping(values)) continue;
    for (const [key, value] of Object.entries(values)) {
      if (typeof value !== "string" || value.includes("${")) continue;
      const path = formatPath([field, key]);
      if (value.startsWith(CIPHERTEXT) && !isSealed) {
        const message = `${path} is encrypted, but the Secret has no field \`sops\`, so nothing decrypts it`;
        yield new RefusedError(message, entryOrigin(values, key));
      } else if (field === "data" && !value.startsWith(CIPHERTEXT) && !isBase64(value)) {
        const message = `${path} must be base64: encode it, or move it to stringData`;
        yield new RefusedError(message, entryOrigin(values, key));
      }
    }
  }
}

/** As Go reads it, which skips line breaks. */
function isBase64(text: string): boolean {
  const digits = text.replaceAll(/[\r\n]/g, "");
  return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits);
}

/** Errors for fields of a Kustomization that a person applies. The command may supply the namespace. */
export function rootErrors(root: Mapping): readonly BuildError[] {
  const { gvk } = new Resource(root, originOf(root));
  return [...wrongTypes(root, fieldTypes(gvk))];
}

/** Whether Flux never sends an object to the API server. */
const isSkipped = (object: Mapping): boolean => skippedBecause(object as unknown as KubeObject) !== undefined;

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
 * value, which the app would take for its password. A SopsSecret has that field, for an operator that decrypts it in the cluster
 * (github.com/isindir/sops-secrets-operator, config/crd).
 */
function encryptedPlace(gvk: Gvk, object: Mapping): Origin | undefined {
  if (gvk.kind === "SopsSecret") return undefined;
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
  const { name, namespace } = isMapping(object.metadata) ? object.metadata : {};
  const identity = { kind: object.kind, apiVersion: object.apiVersion, "metadata.name": name };
  for (const [field, value] of Object.entries({ ...identity, "metadata.namespace": namespace }))
    if (scalarText(value).startsWith("ENC[")) return encryptedField(field, originOf(object));
  if ((object.apiVersion ?? "") === "")
    return new BuildError(
      `this ${scalarText(object.kind)} has no apiVersion, so Flux leaves it out: add the field`,
      originOf(object),
    );
  for (const [field, value] of Object.entries({ ...identity, "metadata.namespace": namespace ?? "" }))
    if (typeof value !== "string")
      return new BuildError(`${field} must be a string: quote it`, originOf(object));
  return undefined;
}

/** The error for a field that SOPS should have left in plain text. */
function encryptedField(field: string, origin: Origin): BuildError {
  const message = `the field \`${field}\` is encrypted: SOPS must leave apiVersion, kind and metadata in plain text`;
  return new BuildError(message, origin);
}
