import { entryOrigin, mappingsIn, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import {
  COMMON_ANNOTATIONS,
  COMMON_LABELS,
  IMAGES,
  NAMES,
  NAMESPACES,
  REPLICAS,
  TEMPLATE_LABELS,
} from "./default-fields.ts";
import { NAME_REFERENCES, type NameReference } from "./default-references.ts";
import { VARIABLE_FIELDS } from "./default-variable-fields.ts";
import type { Directory } from "./directory.ts";
import { mergeSpecs, type FieldSpec } from "./field-spec.ts";
import { localPath } from "./local-path.ts";
import { TRANSFORMER_CONFIGURATION } from "./kustomization-type.ts";
import { scalarText } from "./resource.ts";
import { readTyped } from "./typed.ts";

/** The fields that the transformers in a build write to: the defaults, and those that `configurations` and `crds` add. */
export interface Configuration {
  readonly nameReference: readonly NameReference[];
  readonly namePrefix: readonly FieldSpec[];
  readonly nameSuffix: readonly FieldSpec[];
  readonly commonLabels: readonly FieldSpec[];
  readonly templateLabels: readonly FieldSpec[];
  /** Fields that all labels are written to. */
  readonly labels: readonly FieldSpec[];
  readonly commonAnnotations: readonly FieldSpec[];
  readonly images: readonly FieldSpec[];
  readonly replicas: readonly FieldSpec[];
  readonly namespace: readonly FieldSpec[];
  readonly varReference: readonly FieldSpec[];
}

/** Kustomize's defaults. */
export const DEFAULT_CONFIGURATION: Configuration = {
  nameReference: NAME_REFERENCES,
  namePrefix: NAMES,
  nameSuffix: NAMES,
  commonLabels: COMMON_LABELS,
  templateLabels: TEMPLATE_LABELS,
  labels: [],
  commonAnnotations: COMMON_ANNOTATIONS,
  images: IMAGES,
  replicas: REPLICAS,
  namespace: NAMESPACES,
  varReference: VARIABLE_FIELDS,
};

const SPEC_LISTS = [
  "namePrefix",
  "nameSuffix",
  "commonLabels",
  "templateLabels",
  "labels",
  "commonAnnotations",
  "images",
  "replicas",
  "namespace",
  "varReference",
] as const;

/** Merges two configurations. */
export function mergeConfigurations(a: Configuration, b: Configuration): Configuration {
  // Nearly every kustomization has the defaults alone: merging hundreds of fields with nothing would take a tenth of a build.
  if (a === b || isEmpty(b)) return a;
  const merged: Record<string, readonly FieldSpec[]> = {};
  for (const list of SPEC_LISTS) merged[list] = mergeSpecs(a[list], b[list]);
  return {
    ...(merged as unknown as Configuration),
    nameReference: mergeReferences(a.nameReference, b.nameReference),
  };
}

function isEmpty(configuration: Configuration): boolean {
  return (
    configuration.nameReference.length === 0 && SPEC_LISTS.every((list) => configuration[list].length === 0)
  );
}

function mergeReferences(a: readonly NameReference[], b: readonly NameReference[]): readonly NameReference[] {
  const merged = [...a];
  for (const reference of b) {
    const index = merged.findIndex(
      ({ group, version, kind }) =>
        group === reference.group && version === reference.version && kind === reference.kind,
    );
    const same = merged[index];
    if (same === undefined) merged.push(reference);
    else merged[index] = { ...same, fields: mergeSpecs(same.fields, reference.fields) };
  }
  return merged;
}

/** The default configuration, extended with the files listed in `configurations`. */
export function loadConfigurations(paths: Value[], directory: Directory): Configuration {
  const { repository } = directory;
  let configuration = DEFAULT_CONFIGURATION;
  for (const [index, path] of paths.entries()) {
    const origin = entryOrigin(paths, index);
    const resolved = localPath(directory, scalarText(path), origin);
    if (!repository.isFile(resolved)) throw repository.absence("file", resolved, origin);
    // It reads the values as v2, and rejects repeated keys as v3 does.
    const [error] = repository.parse(resolved).errors;
    const { documents } = repository.parse(resolved, "v2");
    if (error) throw new BuildError(error.message, error.origin, "syntax");
    const { value = null, origin: start = origin } = documents[0] ?? {};
    if (value === null) continue;
    const typed = readTyped(value, TRANSFORMER_CONFIGURATION, "converting", start) as Mapping;
    configuration = mergeConfigurations(configuration, readConfiguration(typed));
  }
  return configuration;
}

function readConfiguration(file: Mapping): Configuration {
  const lists: Record<string, readonly FieldSpec[]> = {};
  for (const list of SPEC_LISTS) lists[list] = mappingsIn(file[list]).map(fieldSpec);
  const nameReference = mappingsIn(file.nameReference).map((entry) => ({
    ...gvk(entry),
    fields: mappingsIn(entry.fieldSpecs).map(fieldSpec),
  }));
  return { ...(lists as unknown as Configuration), nameReference };
}

/** A field spec as written in a file. */
export function fieldSpec(entry: Mapping): FieldSpec {
  return { path: scalarText(entry.path), ...(entry.create === true ? { create: true } : {}), ...gvk(entry) };
}

function gvk(entry: Mapping): Pick<FieldSpec, "group" | "version" | "kind"> {
  return {
    ...(scalarText(entry.group) === "" ? {} : { group: scalarText(entry.group) }),
    ...(scalarText(entry.version) === "" ? {} : { version: scalarText(entry.version) }),
    ...(scalarText(entry.kind) === "" ? {} : { kind: scalarText(entry.kind) }),
  };
}
