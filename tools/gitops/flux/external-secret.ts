import { scalarText } from "../kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../yaml/values.ts";

/** The Secret that an ExternalSecret creates, as far as its keys are written in the repository (https://external-secrets.io/latest/api/externalsecret). */
export interface CreatedSecret {
  readonly name: string;
  readonly keys: readonly string[];
  /** Whether it may have other keys: from all of an entry in the store, from a template elsewhere, or from another owner of the Secret. */
  readonly hasMore: boolean;
}

/** The Secret that the object creates; undefined if the object is not an ExternalSecret. */
export function createdSecret({ kind, metadata, spec }: Mapping): CreatedSecret | undefined {
  if (kind !== "ExternalSecret") return undefined;
  const { target, data, dataFrom } = mapping(spec);
  const { name, template, creationPolicy } = mapping(target);
  const { data: templated, templateFrom, mergePolicy } = mapping(template);
  const fetched = (Array.isArray(data) ? data : []).map((entry) => scalarText(mapping(entry).secretKey));
  // A template replaces what the store has, unless it is merged.
  const replaces = isMapping(templated) && mergePolicy !== "Merge";
  return {
    name: name === undefined ? scalarText(mapping(metadata).name) : scalarText(name),
    keys: [...Object.keys(mapping(templated)), ...(replaces ? [] : fetched)],
    hasMore:
      templateFrom !== undefined || creationPolicy === "Merge" || (!replaces && dataFrom !== undefined),
  };
}

function mapping(value: Value | undefined): Mapping {
  return isMapping(value) ? value : {};
}
