import type { Origin } from "../yaml/source.ts";
import {
  cloneValue,
  entryOrigin,
  mappingAt,
  isMapping,
  originOf,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { isClusterScoped, parseApiVersion, type Gvk } from "./kinds.ts";

/** What Kustomize calls an object by. */
export interface ResourceId {
  readonly gvk: Gvk;
  readonly name: string;
  /** Empty where none is written. */
  readonly namespace: string;
}

/** How a generator treats an object that is there already. */
export type Behavior = "create" | "replace" | "merge";

/** An object on its way through a build. */
export class Resource {
  readonly object: Mapping;
  /** The document, or the generator, that it began as. */
  readonly origin: Origin;
  /** Oldest first; the current one is not among them. */
  readonly previousIds: ResourceId[] = [];
  readonly prefixes: string[] = [];
  readonly suffixes: string[] = [];
  /** Whether its name gets a hash of its content. */
  hashed = false;
  behavior: Behavior = "create";

  constructor(object: Mapping, origin: Origin) {
    this.object = object;
    this.origin = origin;
  }

  get gvk(): Gvk {
    return { ...parseApiVersion(scalarText(this.object.apiVersion)), kind: scalarText(this.object.kind) };
  }

  get name(): string {
    return scalarText(this.#metadata.name);
  }

  get namespace(): string {
    return scalarText(this.#metadata.namespace);
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
    return asFields(this.#metadata.labels);
  }

  get annotations(): Mapping {
    return asFields(this.#metadata.annotations);
  }

  get #metadata(): Mapping {
    return asFields(this.object.metadata);
  }

  /** Remembers the current id, before it changes. */
  rememberId(): void {
    const { gvk, name } = this.id;
    this.previousIds.push({ gvk, name, namespace: effectiveNamespace(this.id) });
  }

  /** Sets a field of the metadata. */
  setMetadata(field: string, value: Value, origin: Origin): void {
    if (!isMapping(this.object.metadata)) setField(this.object, "metadata", mappingAt(origin), origin);
    setField(this.object.metadata as Mapping, field, value, origin);
  }
}

/**
 * The objects of a document: one, or the items of a List.
 * @throws BuildError for what is no object
 */
export function resourcesOf(value: Value, origin: Origin): Resource[] {
  if (value === null) return [];
  if (!isMapping(value)) throw new BuildError("this is not an object", origin);
  const kind = scalarText(value.kind);
  if (kind.endsWith("List") && Array.isArray(value.items)) {
    return value.items.flatMap((item, index) =>
      resourcesOf(item, entryOrigin(value.items as Value[], index)),
    );
  }
  if (kind === "") throw new BuildError("this is not an object: it has no kind", origin);
  if (scalarText(value.apiVersion) === "")
    throw new BuildError("this is not an object: it has no apiVersion", origin);
  const metadata = asFields(value.metadata);
  if (kind === "List") {
    if (value.items === undefined || value.items === null) return [];
    throw new BuildError("the items of this List are no list", entryOrigin(value, "items"));
  }
  if (scalarText(metadata.name) === "") {
    throw new BuildError(`this ${kind} has no metadata.name`, origin);
  }
  return [new Resource(cloneValue(value), originOf(value))];
}

/** What keeps an API server from knowing what an object is: Kustomize takes a number for a name, and a server takes text alone. */
export function identityError(object: Mapping): BuildError | undefined {
  const { name, namespace } = asFields(object.metadata);
  const required = { apiVersion: object.apiVersion, kind: object.kind, "metadata.name": name };
  for (const [field, value] of Object.entries({ ...required, "metadata.namespace": namespace ?? "" }))
    if (typeof value !== "string")
      return new BuildError(`${field} is no text: put it in quotes`, originOf(object));
  return undefined;
}

/** The namespace that Kustomize compares: `default` where none is written, none at all for what belongs to no namespace. */
export function effectiveNamespace({ gvk, namespace }: ResourceId): string {
  if (isClusterScoped(gvk)) return "_non_namespaceable_";
  return namespace === "" ? "default" : namespace;
}

/** Whether two ids mean the same object. */
export function sameId(a: ResourceId, b: ResourceId): boolean {
  return (
    a.name === b.name &&
    a.gvk.kind === b.gvk.kind &&
    a.gvk.group === b.gvk.group &&
    a.gvk.version === b.gvk.version &&
    effectiveNamespace(a) === effectiveNamespace(b)
  );
}

/** `Kind namespace/name`, for messages. */
export function describeId({ gvk, name, namespace }: ResourceId): string {
  return `${gvk.kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}

/** A scalar as Kustomize reads names and kinds: text. */
export function scalarText(value: Value | undefined): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function asFields(value: Value | undefined): Mapping {
  return isMapping(value) ? value : {};
}
