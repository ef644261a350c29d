import type { ObjectReference } from "../kube/client.ts";

/** A stack's state, as far as it is read. */
export interface StateDeployment {
  readonly resources?: readonly {
    readonly type: string;
    readonly custom: boolean;
    /** The former part of a replacement that is not done. */
    readonly delete?: boolean;
    readonly outputs?: unknown;
  }[];
}

/** References of the Kubernetes objects in a stack's state. */
export function objectsIn({ resources = [] }: StateDeployment): ObjectReference[] {
  return resources
    .filter(({ custom, delete: replaced }) => custom && replaced !== true)
    .flatMap(({ type, outputs }) => (isObject(type, outputs) ? [outputs] : []));
}

/** Whether a resource of this type with these outputs is one Kubernetes object: no list, and no provider. */
export function isObject(type: string, outputs: unknown): outputs is ObjectReference {
  return (
    /^kubernetes:(?!.*:(.*List|Provider)$)/.test(type) &&
    typeof outputs === "object" &&
    outputs !== null &&
    "kind" in outputs &&
    "metadata" in outputs
  );
}
