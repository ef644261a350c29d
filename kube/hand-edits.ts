import { isDeepStrictEqual } from "node:util";
import { FIELD_MANAGER, type KubeObject } from "./objects.ts";

/** A declared field that another field manager has set to a different value on the live object. */
export interface HandEdit {
  /** Such as `spec.template.spec.containers[name=gatus].image`. */
  readonly path: string;
  /** Field manager, such as `kubectl-edit`. */
  readonly manager: string;
  /** When that manager last wrote to the object, as recorded by the API server. */
  readonly time: string;
}

interface ManagedFields {
  readonly manager?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: FieldSet;
}

/** `FieldsV1` (sigs.k8s.io/structured-merge-diff, `fieldpath`): `f:` is a field, `k:` a list item by its keys, `v:` a list item by its value. */
interface FieldSet {
  readonly [step: string]: FieldSet;
}

interface OwnedField {
  readonly path: string;
  readonly differs: boolean;
}

/**
 * Declared fields that another field manager took over and set to a different value. The Kubernetes provider silently reverts fields set by a manager named
 * `kubectl…` (fixCSAFieldManagers in its await.go), but only when it updates the object for another reason. Without this check, the edit would go unnoticed in
 * both cases.
 */
export function handEdits(declared: KubeObject, live: KubeObject): HandEdit[] {
  const entries = ((live.metadata.managedFields ?? []) as readonly ManagedFields[]).filter(
    ({ subresource = "" }) => subresource === "",
  );
  const leaves = ({ fieldsV1 = {} }: ManagedFields): OwnedField[] => walk(fieldsV1, declared, live, "");
  const ours = new Set(
    entries
      .filter(({ manager }) => manager === FIELD_MANAGER)
      .flatMap(leaves)
      .map(({ path }) => path),
  );
  return entries
    .filter(({ manager }) => manager !== FIELD_MANAGER)
    .flatMap((entry) =>
      leaves(entry)
        .filter(({ path, differs }) => differs && !ours.has(path))
        .map(({ path }) => ({ path, manager: entry.manager ?? "unknown", time: entry.time ?? "unknown" })),
    );
}

/** The leaves of a field set that are also set in the declared object. */
function walk(fields: FieldSet, declared: unknown, live: unknown, path: string): OwnedField[] {
  const steps = Object.entries(fields).filter(([step]) => step !== ".");
  if (declared === undefined) return [];
  if (steps.length === 0) return [{ path, differs: !isDeepStrictEqual(declared, live) }];
  return steps.flatMap(([step, below]) => {
    const name = step.slice(2);
    if (step.startsWith("f:"))
      return walk(
        below,
        fieldOf(declared, name),
        fieldOf(live, name),
        path === "" ? name : `${path}.${name}`,
      );
    if (!step.startsWith("k:")) return [];
    const keys = JSON.parse(name) as Readonly<Record<string, unknown>>;
    const shown = Object.entries(keys).map(([key, value]) => `${key}=${String(value)}`);
    return walk(below, itemOf(declared, keys), itemOf(live, keys), `${path}[${shown.join(",")}]`);
  });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function itemOf(list: unknown, keys: Readonly<Record<string, unknown>>): unknown {
  if (!Array.isArray(list)) return undefined;
  return (list as unknown[]).find((item) =>
    Object.entries(keys).every(([key, value]) => fieldOf(item, key) === value),
  );
}
