import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { omit } from "../../lib/omit.ts";
import { FIELD_MANAGER, RETAINED_ANNOTATION, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";

/** Arguments that every component takes. */
export interface CommonArgs {
  /** Labels for all of the component's objects, including {@link STACK_LABEL}. */
  readonly labels: Readonly<Record<string, string>>;
}

type ResourceClass = new (
  name: string,
  args: pulumi.Inputs,
  opts: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

/** The SDK's classes for the core group, by kind: the generic resource rejects an apiVersion without a group. */
const CORE = k8s.core.v1 as unknown as Readonly<Record<string, ResourceClass | undefined>>;

/** The Pulumi resource name of an object: `namespace/name`, or `name` if it is cluster-scoped. */
export function resourceName(object: KubeObject): string {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Declares an object as a child of a component. An object outside the core group becomes a generic resource with its kind's type token. */
export function declare(object: KubeObject, options: pulumi.CustomResourceOptions): pulumi.CustomResource {
  const Class =
    (object.apiVersion === "v1" ? CORE[object.kind] : undefined) ?? k8s.apiextensions.CustomResource;
  return new Class(resourceName(object), withFieldManager(object), options);
}

/**
 * Sets the field manager that the program uses for everything it applies. The provider's default is random for each new resource: if an object exists but is missing
 * from the state (because an update was killed, or the object was retained), the new field manager would conflict with the old one.
 */
export function withFieldManager(object: KubeObject): KubeObject {
  return annotated(object, { "pulumi.com/patchFieldManager": FIELD_MANAGER });
}

/** Declares an object that outlives the stack: the object stays when the stack is destroyed, and a stack that declares it again takes it over. */
export function declareRetained(
  object: KubeObject,
  options: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  return declare(
    annotated(object, { [RETAINED_ANNOTATION]: "true" }),
    pulumi.mergeOptions(options, { retainOnDelete: true }),
  );
}

/** A copy of an object with these annotations added. */
export function annotated(object: KubeObject, annotations: Readonly<Record<string, string>>): KubeObject {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}

/** A copy of an object with these labels added. */
export function labelled(labels: CommonArgs["labels"], object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } };
}

/** A copy of a CRD without the empty `status` that controller-gen generates and the API server rejects. */
export function withoutStatus(object: KubeObject): KubeObject {
  return omit(object, "status");
}

/** Labels for all objects that a stack declares. */
export function stackLabels(stack: string): CommonArgs["labels"] {
  return { [STACK_LABEL]: stack, "app.kubernetes.io/managed-by": "edgefirst" };
}
