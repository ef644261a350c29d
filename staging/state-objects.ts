import type { ObjectReference } from "../kube/client.ts";

/** The part of a stack's state that is read. */
export interface StateDeployment {
  readonly resources?: readonly {
    readonly type: string;
    readonly custom: boolean;
    /** True for the old object in a replacement that has not finished. */
    readonly delete?: boolean;
    readonly outputs?: unknown;
  }[];
}

/** The Kubernetes objects in a stack's state. */
export function objectsIn({ resources = [] }: StateDeployment): ObjectReference[] {
  return resources
    .filter(({ custom, delete: replaced }) => custom && replaced !== true)
    .flatMap(({ type, outputs }) => (isObject(type, outputs) ? [outputs] : []));
}

/** Whether a resource with this type and these outputs is a single Kubernetes object, not a list or a provider. */
export function isObject(type: string, outputs: unknown): outputs is ObjectReference {
  return (
    /^kubernetes:(?!.*:(.*List|Provider)$)/.test(type) &&
    typeof outputs === "object" &&
    outputs !== null &&
    "kind" in outputs &&
    "metadata" in outputs
  );
}
