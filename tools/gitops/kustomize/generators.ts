import { isUtf8 } from "node:buffer";
import {
  entryOrigin,
  mappingAt,
  isMapping,
  originOf,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { parseYaml } from "../yaml/parse.ts";
import { resolvePlain } from "../yaml/schema.ts";
import { SourceFile, type ScalarStyle } from "../yaml/source.ts";
import { BuildError, UnmatchedError } from "../problem.ts";
import { dataEntries, type DataEntry } from "./generator-entries.ts";
import { ORIGIN } from "./build-metadata.ts";
import type { Directory } from "./directory.ts";
import { Resource, scalarText, type Behavior } from "./resource.ts";
import type { Resources } from "./resources.ts";

/** A generator, and the options that apply to it. */
export interface Generation {
  readonly kind: "ConfigMap" | "Secret";
  /** An entry of `configMapGenerator` or `secretGenerator`. */
  readonly entry: Mapping;
  /** The kustomization's `generatorOptions`. */
  readonly options: Mapping;
}

/** The object that a generator creates. Source: api/internal/generators, api/kv. */
export function generate(
  { kind, entry, options: globalOptions }: Generation,
  directory: Directory,
): Resource {
  const origin = originOf(entry);
  const name = scalarText(entry.name);
  if (name === "") throw new BuildError("a generator needs a name", origin);
  const options = mergeOptions(globalOptions, isMapping(entry.options) ? entry.options : {});
  const object = mappingAt(origin);
  setField(object, "apiVersion", "v1", origin);
  setField(object, "kind", kind, origin);
  setField(object, "metadata", metadata(entry, options), origin);
  if (kind === "Secret") setField(object, "type", scalarText(entry.type) || "Opaque", origin);
  addData(object, kind, dataEntries(entry, directory));
  if (options.immutable === true) setField(object, "immutable", true, origin);
  const resource = new Resource(object, origin);
  resource.hashed = options.disableNameSuffixHash !== true;
  resource.hasBuildAnnotations = true;
  resource.behavior = behavior(entry);
  return resource;
}

function mergeOptions(global: Mapping, local: Mapping): Mapping {
  const both = (field: string): Mapping => ({ ...asFields(global[field]), ...asFields(local[field]) });
  return {
    labels: both("labels"),
    annotations: both("annotations"),
    disableNameSuffixHash: local.disableNameSuffixHash === true || global.disableNameSuffixHash === true,
    immutable: local.immutable === true || global.immutable === true,
  };
}

const asFields = (value: Value | undefined): Mapping => (isMapping(value) ? value : {});

function metadata(entry: Mapping, options: Mapping): Mapping {
  const origin = originOf(entry);
  const fields = mappingAt(origin);
  setField(fields, "name", scalarText(entry.name), entryOrigin(entry, "name"));
  if (scalarText(entry.namespace) !== "")
    setField(fields, "namespace", scalarText(entry.namespace), entryOrigin(entry, "namespace"));
  for (const field of ["labels", "annotations"]) {
    const values = asFields(options[field]);
    if (Object.keys(values).length === 0) continue;
    const copy = mappingAt(origin);
    // A patch cannot change their type.
    for (const [key, value] of Object.entries(values))
      setField(copy, key, scalarText(value), { ...origin, style: "quoted" });
    setField(fields, field, copy, origin);
  }
  return fields;
}

const BEHAVIORS: readonly Behavior[] = ["create", "replace", "merge"];

function behavior(entry: Mapping): Behavior {
  const value = scalarText(entry.behavior);
  return BEHAVIORS.find((name) => name === value) ?? "unspecified";
}

/** Characters that JSON allows but YAML does not: kustomize-controller reads the object's JSON as YAML. */
const NOT_IN_YAML = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/;

function addData(object: Mapping, kind: "ConfigMap" | "Secret", all: readonly DataEntry[]): void {
  if (kind === "Secret") setField(object, "data", mappingAt(originOf(object)), originOf(object));
  const seen = new Set<string>();
  for (const { key, value, origin } of all) {
    if (typeof resolvePlain(key) !== "string")
      throw new BuildError(
        `Kustomize cannot generate the key ${key}, because it would write the key without quotes`,
        origin,
      );
    if (seen.has(key)) throw new BuildError(`duplicate key ${key}`, origin);
    seen.add(key);
    const binary = !isUtf8(value);
    const field = kind === "ConfigMap" && binary ? "binaryData" : "data";
    if (kind === "ConfigMap" && !binary && NOT_IN_YAML.test(value.toString("utf8")))
      throw new BuildError(
        `Flux cannot read the value of ${key}: it has characters that YAML does not allow`,
        origin,
      );
    if (!isMapping(object[field])) setField(object, field, mappingAt(originOf(object)), originOf(object));
    const encoded = kind === "Secret" || binary ? base64(value) : value.toString("utf8");
    setField(object[field] as Mapping, key, encoded, { ...origin, style: generatedStyle(encoded) });
  }
}

/** Kustomize writes lines as a block, and another value in quotes only if YAML would not read it as a string. */
function generatedStyle(text: string): ScalarStyle {
  if (text.includes("\n")) return "literal";
  const { documents, errors } = parseYaml(new SourceFile("", text), { dialect: "v2" });
  return text === "" || errors.length > 0 || typeof documents[0]?.value === "string" ? "plain" : "quoted";
}

/** Splits the text into lines of 70 characters, as Kustomize does; the line breaks affect the hash. Source: encodeBase64 in kyaml's datamap.go. */
function base64(value: Buffer): string {
  const encoded = value.toString("base64");
  return encoded.length < 70 ? encoded : encoded.replace(/.{1,70}/g, "$&\n");
}

/** Adds a generated object, or merges it with an existing one, depending on its behavior. */
export function absorb(resources: Resources, resource: Resource): void {
  const [old, ...others] = resources.withAnyId(resource.id);
  if (others.length > 0) throw new BuildError(`several objects match ${resource.name}`, resource.origin);
  const changesExisting = resource.behavior === "replace" || resource.behavior === "merge";
  if (!old) {
    if (changesExisting)
      throw new UnmatchedError(
        `cannot ${resource.behavior ?? ""} ${resource.name}: it does not exist`,
        resource.origin,
      );
    resources.append(resource);
    return;
  }
  if (!changesExisting) {
    throw new BuildError(
      `${resource.name} exists already: set \`behavior\` to merge or replace`,
      resource.origin,
    );
  }
  mergeMetadata(resource, old);
  const from = old.annotations[ORIGIN];
  if (resource.behavior === "merge" && from !== undefined)
    setField(resource.annotations, ORIGIN, from, resource.origin);
  if (resource.behavior === "merge")
    for (const field of ["data", "binaryData"]) mergeInto(resource.object, old.object, field);
  resource.previousIds.push(...old.previousIds);
  resource.prefixes.push(...old.prefixes);
  resource.suffixes.push(...old.suffixes);
  resource.variables.push(...old.variables);
  resource.hashed &&= old.hashed;
  resource.behavior = old.behavior;
  resources.replace(old, resource);
}

function mergeMetadata(resource: Resource, old: Resource): void {
  const oldMetadata = asFields(old.object.metadata);
  for (const field of ["labels", "annotations"])
    mergeInto(resource.object.metadata as Mapping, oldMetadata, field);
  for (const field of ["name", "namespace"]) {
    const value = oldMetadata[field];
    if (value !== undefined) resource.setMetadata(field, value, entryOrigin(oldMetadata, field));
  }
}

/** Own entries win. */
function mergeInto(target: Mapping, source: Mapping, field: string): void {
  const from = source[field];
  if (!isMapping(from)) return;
  if (!isMapping(target[field]))
    setField(target, field, mappingAt(entryOrigin(source, field)), entryOrigin(source, field));
  const into = target[field] as Mapping;
  for (const key of Object.keys(from)) {
    if (!Object.hasOwn(into, key)) setField(into, key, from[key] as Value, entryOrigin(from, key));
  }
}
