import { isClusterScoped, type Gvk } from "./kinds.ts";

/** How Kustomize identifies an object. */
export interface ResourceId {
  readonly gvk: Gvk;
  readonly name: string;
  /** The namespace as written; empty if there is none. */
  readonly namespace: string;
}

/** The namespace that Kustomize compares: `default` if none is written, and a constant for cluster-scoped kinds. */
export function effectiveNamespace({ gvk, namespace }: ResourceId): string {
  if (isClusterScoped(gvk)) return "_non_namespaceable_";
  return namespace === "" ? "default" : namespace;
}

/** Whether two ids identify the same object. */
export function sameId(a: ResourceId, b: ResourceId): boolean {
  return (
    a.name === b.name &&
    a.gvk.kind === b.gvk.kind &&
    a.gvk.group === b.gvk.group &&
    a.gvk.version === b.gvk.version &&
    effectiveNamespace(a) === effectiveNamespace(b)
  );
}

/** The object as `Kind namespace/name`, for messages. */
export function describeId({ gvk, name, namespace }: ResourceId): string {
  return `${gvk.kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}
