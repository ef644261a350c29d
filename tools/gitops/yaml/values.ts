import type { Origin } from "./source.ts";

/** Plain YAML or JSON data. */
export type Value = string | number | boolean | null | Value[] | Mapping;

/** A mapping. */
export interface Mapping {
  [key: string]: Value;
}

/** One step of a path: a field's name or an element's index. */
export type PathStep = string | number;

/** Stored invisibly in a mapping or list: where the container and each of its entries were written. */
const ORIGINS = Symbol("origins");

interface Origins {
  self: Origin;
  /** Keyed by key or index. */
  entries: Record<PathStep, Origin>;
  /** Whether a copy has the same `entries`, which must then be copied before they change. */
  isShared: boolean;
}

type Container = (Mapping | Value[]) & { [ORIGINS]?: Origins };

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The mappings in a list; none for any other value. */
export function mappingsIn(value: unknown): readonly Mapping[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

/** A new mapping with the origin `self`. */
export function mappingAt(self: Origin): Mapping {
  return withOrigins({}, self);
}

/** A new list with the origin `self`. */
export function listAt(self: Origin): Value[] {
  return withOrigins([], self);
}

function withOrigins<C extends Mapping | Value[]>(container: C, self: Origin): C {
  return remember(container, { self, entries: {}, isShared: false });
}

/** Not enumerable, so that comparisons, copies and printers see plain data. */
function remember<C extends Mapping | Value[]>(container: C, origins: Origins): C {
  return Object.defineProperty(container, ORIGINS, { value: origins });
}

/** Sets a field and records where it was written. */
export function setField(fields: Mapping, key: string, value: Value, origin: Origin): void {
  if (key === "__proto__") {
    Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    fields[key] = value;
  }
  rememberEntry(fields, key, origin);
}

/** Appends an element, and records where it was written. */
export function pushElement(list: Value[], value: Value, origin: Origin): void {
  list.push(value);
  rememberEntry(list, list.length - 1, origin);
}

function rememberEntry(container: Container, key: PathStep, origin: Origin): void {
  const origins = container[ORIGINS];
  if (!origins) return;
  if (origins.isShared) {
    origins.entries = { ...origins.entries };
    origins.isShared = false;
  }
  origins.entries[key] = origin;
}

/** Where a mapping or list was written. */
export function originOf(container: Mapping | Value[]): Origin {
  const origins = (container as Container)[ORIGINS];
  if (!origins) throw new Error("the value does not come from a document");
  return origins.self;
}

/** Whether it is known where a mapping or list was written: not if a document within a text has it, such as the values in a ConfigMap. */
export function hasOrigin(container: Mapping | Value[]): boolean {
  return (container as Container)[ORIGINS] !== undefined;
}

/** Where an entry of a mapping or list was written; the container's own origin if the entry has none. */
export function entryOrigin(container: Mapping | Value[], key: PathStep): Origin {
  const entry = (container as Container)[ORIGINS]?.entries[key];
  return entry ?? originOf(container);
}

/** Where the value at a path was written; if the path does not exist, where its nearest ancestor was written. */
export function originAt(root: Mapping | Value[], path: readonly PathStep[]): Origin {
  let origin = originOf(root);
  let value: Value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return origin;
    origin = entryOrigin(value, step);
    value = (value as Mapping)[step] as Value;
  }
  return origin;
}

/** A shallow copy of a mapping that keeps the origins. */
export function copyMapping(fields: Mapping): Mapping {
  const copy = mappingAt(originOf(fields));
  for (const key of Object.keys(fields)) setField(copy, key, fields[key] as Value, entryOrigin(fields, key));
  return copy;
}

/** A deep copy that keeps the origins. */
export function cloneValue<V extends Value>(value: V): V {
  if (typeof value !== "object" || value === null) return value;
  const origins = (value as Container)[ORIGINS];
  const copy: Container = Array.isArray(value)
    ? value.map((element) => cloneValue(element))
    : cloneMapping(value);
  if (origins) {
    // Few copies change, and most of these in a few of their mappings.
    origins.isShared = true;
    remember(copy, { self: origins.self, entries: origins.entries, isShared: true });
  }
  return copy as V;
}

function cloneMapping(fields: Mapping): Mapping {
  const copy: Mapping = {};
  for (const key of Object.keys(fields)) copy[key] = cloneValue(fields[key] as Value);
  return copy;
}

/** A deep copy whose own origin is replaced; the values in it keep their origins. */
export function cloneAt(value: Value, self: Origin): Value {
  const copy = cloneValue(value);
  if (typeof copy === "object" && copy !== null) {
    const origins = (copy as Container)[ORIGINS];
    if (origins) origins.self = self;
  }
  return copy;
}

/** The value, with the same origin for everything in it. */
export function valueAt(value: Value, origin: Origin): Value {
  if (Array.isArray(value)) {
    const list = listAt(origin);
    for (const element of value) pushElement(list, valueAt(element, origin), origin);
    return list;
  }
  if (!isMapping(value)) return value;
  const fields = mappingAt(origin);
  for (const key of Object.keys(value)) setField(fields, key, valueAt(value[key] as Value, origin), origin);
  return fields;
}
