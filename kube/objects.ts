/** A Kubernetes object in plain data: what the builders of `components/` make and the preflight reads. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** The part of an object's metadata that edgefirst sets or reads. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** The label that marks an object as declared by a stack; its value is the stack's name. */
export const STACK_LABEL = "edgefirst.dev/stack";

/** The one field manager by which the program applies everything. */
export const FIELD_MANAGER = "edgefirst";

/** Set on what outlives its stack by design: what carries it and is no longer declared was not forgotten. */
export const RETAINED_ANNOTATION = "edgefirst.dev/retained";

/** `Kind namespace/name` (or `Kind name` for a cluster-scoped object), as messages show an object. */
export function describeObject(object: Pick<KubeObject, "kind" | "metadata">): string {
  const { name, namespace } = object.metadata;
  return `${object.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** An object's status; empty while its controller has not written one. */
export function statusOf(object: KubeObject | undefined): object {
  return (object?.status as object | undefined) ?? {};
}
