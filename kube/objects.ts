/** A Kubernetes object as plain data: what the builders in `components/` return and the preflight check reads. */
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

/** Label on every object that a stack declares; its value is the name of the stack. */
export const STACK_LABEL = "edgefirst.dev/stack";

/** The field manager that the program uses for everything it applies. */
export const FIELD_MANAGER = "edgefirst";

/** Annotation on objects that outlive their stack by design, and are therefore not reported as left behind. */
export const RETAINED_ANNOTATION = "edgefirst.dev/retained";

/** How messages name an object: `Kind namespace/name`, or `Kind name` if it is cluster-scoped. */
export function describeObject(object: Pick<KubeObject, "kind" | "metadata">): string {
  const { name, namespace } = object.metadata;
  return `${object.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** An object's status; empty until a controller sets it. */
export function statusOf(object: KubeObject | undefined): object {
  return (object?.status as object | undefined) ?? {};
}
