import { scalarText } from "../kustomize/resource.ts";
import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, mappingsIn, type Mapping, type Value } from "../yaml/values.ts";

/** The Secret that a controller creates from an object, as far as its keys are written in the repository. */
export interface CreatedSecret {
  readonly name: string;
  /** Where each key is written. */
  readonly keys: ReadonlyMap<string, Origin>;
  /** Whether it may have other keys, which the repository does not show. */
  readonly hasMore: boolean;
}

/** The Secret that an ExternalSecret or a SealedSecret creates; undefined for other objects. */
export function createdSecret(object: Mapping): CreatedSecret | undefined {
  if (object.kind === "ExternalSecret") return fetchedSecret(object);
  return object.kind === "SealedSecret" ? unsealedSecret(object) : undefined;
}

/** It may have keys from all of an entry in the store, from a template elsewhere, or from another owner (https://external-secrets.io/latest/api/externalsecret). */
function fetchedSecret({ metadata, spec }: Mapping): CreatedSecret {
  const { target, data, dataFrom } = mapping(spec);
  const { name, template, creationPolicy } = mapping(target);
  const { data: templated, templateFrom, mergePolicy } = mapping(template);
  const fetched = mappingsIn(data).map(
    (entry) => [scalarText(entry.secretKey), entryOrigin(entry, "secretKey")] as const,
  );
  // A template replaces what the store has, unless it is merged.
  const replaces = isMapping(templated) && mergePolicy !== "Merge";
  return {
    name: name === undefined ? scalarText(mapping(metadata).name) : scalarText(name),
    keys: new Map([...keysOf(templated), ...(replaces ? [] : fetched)]),
    hasMore:
      templateFrom !== undefined || creationPolicy === "Merge" || (!replaces && dataFrom !== undefined),
  };
}

/** Its name is always that of the SealedSecret, and a key without a value in the template is left out (`Unseal` in sealedsecret_expansion.go of bitnami-labs/sealed-secrets). */
function unsealedSecret({ metadata, spec }: Mapping): CreatedSecret {
  const { encryptedData, template, data } = mapping(spec);
  const { data: templated } = mapping(template);
  const keys = new Map([...keysOf(encryptedData), ...keysOf(templated)]);
  for (const [key, value] of Object.entries(mapping(templated))) if (value === null) keys.delete(key);
  const annotations = mapping(mapping(metadata).annotations);
  return {
    name: scalarText(mapping(metadata).name),
    keys,
    // The former format hides the keys, and a Secret that is patched has other owners.
    hasMore: data !== undefined || annotations["sealedsecrets.bitnami.com/patch"] === "true",
  };
}

function keysOf(entries: Value | undefined): readonly (readonly [string, Origin])[] {
  return isMapping(entries) ? Object.keys(entries).map((key) => [key, entryOrigin(entries, key)]) : [];
}

function mapping(value: Value | undefined): Mapping {
  return isMapping(value) ? value : {};
}
