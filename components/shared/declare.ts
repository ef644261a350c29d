import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { omit } from "../../lib/omit.ts";
import { FIELD_MANAGER, RETAINED_ANNOTATION, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";

/** What every component takes beside its own arguments. */
export interface CommonArgs {
  /** Labels of every object that the component creates; holds {@link STACK_LABEL}. */
  readonly labels: Readonly<Record<string, string>>;
}

type ResourceClass = new (
  name: string,
  args: pulumi.Inputs,
  opts: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

/** The SDK's classes of the core group, by kind: the generic resource refuses an apiVersion without a group. */
const CORE = k8s.core.v1 as unknown as Readonly<Record<string, ResourceClass | undefined>>;

/** The Pulumi name of an object's resource: `namespace/name`, or `name` where it is cluster-scoped. */
export function resourceName(object: KubeObject): string {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Declares an object as a child of a component. All but the core group's kinds go through the generic resource, whose type token is the kind's own. */
export function declare(object: KubeObject, options: pulumi.CustomResourceOptions): pulumi.CustomResource {
  const Class =
    (object.apiVersion === "v1" ? CORE[object.kind] : undefined) ?? k8s.apiextensions.CustomResource;
  return new Class(resourceName(object), withFieldManager(object), options);
}

/**
 * An object with the one field manager of all that the program applies. The provider's own are random, one for each new resource: where the state does not
 * know of an object that is there (an update was killed, or the stack left the object behind), the new resource would be in conflict with the former one.
 */
export function withFieldManager(object: KubeObject): KubeObject {
  return annotated(object, { "pulumi.com/patchFieldManager": FIELD_MANAGER });
}

/** Declares an object that outlives the stack: it is left alone on delete, and taken up again by a stack that declares it anew. */
export function declareRetained(
  object: KubeObject,
  options: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  return declare(annotated(object, { [RETAINED_ANNOTATION]: "true" }), { ...options, retainOnDelete: true });
}

function annotated(object: KubeObject, annotations: Readonly<Record<string, string>>): KubeObject {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}

/** An object with the common labels, its own ones first. */
export function labelled(labels: CommonArgs["labels"], object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } };
}

/** A CRD without the empty `status` that controller-gen leaves in the files it generates, and that the API server rejects. */
export function withoutStatus(object: KubeObject): KubeObject {
  return omit(object, "status");
}

/** Labels of every object of a stack. */
export function stackLabels(stack: string): CommonArgs["labels"] {
  return { [STACK_LABEL]: stack, "app.kubernetes.io/managed-by": "edgefirst" };
}
