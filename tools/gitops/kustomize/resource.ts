import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, mappingAt, setField, type Mapping, type Value } from "../yaml/values.ts";
import { resolvePlain } from "../yaml/schema.ts";
import { BuildError } from "../problem.ts";
import { requireTextKey } from "./documents.ts";
import { parseApiVersion, type Gvk } from "./kinds.ts";
import { mergeKeys, NO_SCHEMAS, type MergeSchema, type MergeSchemas } from "./merge-keys.ts";
import { recorded, type ResourceId } from "./resource-id.ts";

/** What a generator does if the object already exists; `unspecified` is like `create`. */
export type Behavior = "unspecified" | "create" | "replace" | "merge";

/** An object during a build. */
export class Resource {
  readonly object: Mapping;
  /** The document or generator that the object was built from. */
  readonly origin: Origin;
  /** Previous ids, oldest first, without the current one. */
  readonly previousIds: ResourceId[] = [];
  readonly prefixes: string[] = [];
  readonly suffixes: string[] = [];
  /** Whether a hash of the contents is appended to the name. */
  hashed = false;
  /** Set only for an object from a generator. */
  behavior: Behavior | undefined;
  /** Whether a patch may have changed the name or the kind of the object. */
  readonly allowed = { nameChange: false, kindChange: false };
  /** The names of the `vars` that take their value from the object. */
  readonly variables: string[] = [];
  /** Whether Kustomize has added internal annotations to the object, which it removes at the end. */
  hasBuildAnnotations = false;
  /** The patch strategies of custom resources, from `openapi`. */
  schema: MergeSchemas = NO_SCHEMAS;

  constructor(object: Mapping, origin: Origin) {
    this.object = object;
    this.origin = origin;
  }

  get gvk(): Gvk {
    return {
      ...parseApiVersion(scalarText(this.object.apiVersion)),
      kind: identifierIn(this.object, "kind"),
    };
  }

  get name(): string {
    return identifierIn(this.metadata, "name");
  }

  get namespace(): string {
    return identifierIn(this.metadata, "namespace");
  }

  get id(): ResourceId {
    return { gvk: this.gvk, name: this.name, namespace: this.namespace };
  }

  get originalId(): ResourceId {
    return this.previousIds[0] ?? this.id;
  }

  get ids(): readonly ResourceId[] {
    return [...this.previousIds, this.id];
  }

  get labels(): Mapping {
    return asMapping(this.metadata.labels);
  }

  get annotations(): Mapping {
    return asMapping(this.metadata.annotations);
  }

  get metadata(): Mapping {
    return asMapping(this.object.metadata);
  }

  /** How a strategic merge patch treats the object's lists. */
  get mergeSchema(): MergeSchema {
    const { gvk } = this;
    return (path) => this.schema(gvk, path) ?? mergeKeys(gvk, path);
  }

  /** Remembers the current id before it changes. */
  rememberId(): void {
    const { gvk, name } = this.id;
    this.hasBuildAnnotations = true;
    // Kustomize records no empty text, and then rejects records of different lengths.
    if (this.previousIds.length > 0) requireIdentity(this);
    if (name !== "" && gvk.kind !== "") this.previousIds.push(...recorded(this.id, this.origin));
  }

  /** Replaces the contents of the object. */
  become(contents: Mapping): void {
    for (const key of Object.keys(this.object)) Reflect.deleteProperty(this.object, key);
    for (const key of Object.keys(contents))
      setField(this.object, key, contents[key] as Value, entryOrigin(contents, key));
  }

  /**
   * Removes an empty mapping that was created for Kustomize's internal annotations.
   * @param isLenient whether Kustomize ignores that it cannot set them, as after a JSON patch
   */
  dropEmptyAnnotations(isLenient: boolean): void {
    this.#readAnnotations(isLenient);
    if (this.hasBuildAnnotations && Object.keys(this.annotations).length === 0)
      Reflect.deleteProperty(this.metadata, "annotations");
  }

  /** Finishes the annotations as Kustomize does at the end of a build: drops the field if it is empty, and turns all values into strings. */
  settleAnnotations(): void {
    this.#readAnnotations(false);
    const { annotations } = this;
    if (Object.keys(annotations).length === 0) Reflect.deleteProperty(this.metadata, "annotations");
    for (const key of Object.keys(annotations)) requireTextKey(annotations, key);
    for (const key of Object.keys(annotations)) {
      const origin = entryOrigin(annotations, key);
      // They are set again, and so are not written as folded scalars.
      setField(annotations, key, textIn(annotations, key), origin);
    }
  }

  /** Kustomize takes the elements of a list for keys and values, and sets none of them if it cannot set one. */
  #readAnnotations(isLenient: boolean): void {
    const list = this.metadata.annotations;
    if (!Array.isArray(list)) return;
    const origin = entryOrigin(this.metadata, "annotations");
    const keys = list.filter((_, index) => index % 2 === 0).map(scalarText);
    const isReadable = list.length % 2 === 0 && !keys.includes("");
    if (!isReadable && (list.length % 2 === 1 || !isLenient))
      throw new BuildError("annotations must be a mapping", origin);
    const pairs = mappingAt(origin);
    for (const [index, key] of (isReadable ? keys : []).entries())
      setField(pairs, key, scalarText(list[2 * index + 1]), entryOrigin(list, 2 * index));
    this.setMetadata("annotations", pairs, origin);
  }

  /** Sets a field of the metadata. */
  setMetadata(field: string, value: Value, origin: Origin): void {
    if (!isMapping(this.object.metadata)) setField(this.object, "metadata", mappingAt(origin), origin);
    setField(this.object.metadata as Mapping, field, value, origin);
  }
}

/** The text of an entry of a mapping as written. */
export const textIn = (values: Mapping, key: string): string =>
  writtenText(values[key] ?? null, entryOrigin(values, key));

/** The text of a scalar as written: Kustomize turns a date or a number into a string without interpreting it. Empty for a mapping or a list. */
export function writtenText(
  value: Value,
  { source, offset, valueOffset = offset, style = "plain", asRead, text = asRead }: Origin,
): string {
  if (typeof value === "object" && value !== null) return "";
  if (text !== undefined) return text;
  if (style !== "plain") return scalarText(value);
  // Only a date can contain a space.
  const [whole = "", first = ""] = TOKEN.exec(source.text.slice(valueOffset, valueOffset + 100)) ?? [];
  const token = [whole, first].find((part) => part !== "" && Object.is(resolvePlain(part), value));
  return token ?? scalarText(value);
}

/** A field that identifies an object. Kustomize compares the text of a number or a date as written, and that of a null only if the null has no type. */
function identifierIn(values: Mapping, field: string): string {
  const value = values[field] ?? null;
  if (value === null)
    return field in values && entryOrigin(values, field).isUntyped ? textIn(values, field) : "";
  return typeof value === "string" && !IS_READ.test(value) ? value : textIn(values, field);
}

const TOKEN = /^([^\s,\]}"'|>&*]+)(?: +[\d:.]+)?/;

/** Matches strings that may be written as another text: dates and folded scalars. */
const IS_READ = /^\d{4}-|\n/;

/** @throws BuildError for an object that a patch or a replacement has left without a kind or name. Source: GetValidatedMetadata in kyaml. */
export function requireIdentity({ gvk: { kind }, name, origin }: Resource): void {
  if (kind === "") throw new BuildError("after the build this object has no kind", origin);
  if (name === "") throw new BuildError(`after the build this ${kind} has no metadata.name`, origin);
}

/** A scalar as a string, the way Kustomize reads names and kinds; empty for anything else. */
export function scalarText(value: Value | undefined): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function asMapping(value: Value | undefined): Mapping {
  return isMapping(value) ? value : {};
}
