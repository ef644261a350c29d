import { scalarText } from "../kustomize/resource.ts";
import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, mappingsIn, type Mapping, type Value } from "../yaml/values.ts";

/** The Secret that an ExternalSecret creates, as far as its keys are written in the repository (https://external-secrets.io/latest/api/externalsecret). */
export interface CreatedSecret {
  readonly name: string;
  /** Where each key is written. */
  readonly keys: ReadonlyMap<string, Origin>;
  /** Whether it may have other keys: from all of an entry in the store, from a template elsewhere, or from another owner of the Secret. */
  readonly hasMore: boolean;
}

/** The Secret that the object creates; undefined if the object is not an ExternalSecret. */
export function createdSecret({ kind, metadata, spec }: Mapping): CreatedSecret | undefined {
  if (kind !== "ExternalSecret") return undefined;
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
    keys: new Map([
      ...(isMapping(templated)
        ? Object.keys(templated).map((key) => [key, entryOrigin(templated, key)] as const)
        : []),
      ...(replaces ? [] : fetched),
    ]),
    hasMore:
      templateFrom !== undefined || creationPolicy === "Merge" || (!replaces && dataFrom !== undefined),
  };
}

function mapping(value: Value | undefined): Mapping {
  return isMapping(value) ? value : {};
}
