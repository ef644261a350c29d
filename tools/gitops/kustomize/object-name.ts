import { startOf } from "../yaml/source.ts";
import type { Mapping } from "../yaml/values.ts";
import { effectiveNamespace } from "./resource-id.ts";
import { Resource } from "./resource.ts";

/** Namespace and name of an object; the namespace is `default` if none is set. */
export function nameOf(object: Mapping): { readonly namespace: string; readonly name: string } {
  const { id } = new Resource(object, NOWHERE);
  return { namespace: effectiveNamespace(id), name: id.name };
}

/** `namespace/name` of an object. */
export function idOf(object: Mapping): string {
  const { namespace, name } = nameOf(object);
  return `${namespace}/${name}`;
}

const NOWHERE = startOf("");
