import { BuildError } from "../problem.ts";
import type { Origin } from "../yaml/source.ts";
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

/**
 * An id as Kustomize records it before the object is renamed: it joins all names, kinds and namespaces with commas, and splits them there.
 * @throws BuildError if that gives more of one than of the others
 */
export function recorded(id: ResourceId, origin: Origin): readonly ResourceId[] {
  const { gvk, name } = id;
  const [kinds, names, namespaces] = [gvk.kind, name, effectiveNamespace(id)].map((text) =>
    text.split(","),
  ) as [string[], string[], string[]];
  if (kinds.length !== names.length || namespaces.length !== names.length) {
    const isEncrypted = [gvk.kind, name, id.namespace].some((text) => text.startsWith("ENC["));
    const advice = isEncrypted ? ": SOPS must leave apiVersion, kind and metadata in plain text" : "";
    throw new BuildError(`Kustomize cannot rename ${describeId(id)}, because of the comma${advice}`, origin);
  }
  return kinds.map((kind, index) => ({
    gvk: { ...gvk, kind },
    name: names[index] ?? "",
    namespace: namespaces[index] ?? "",
  }));
}
