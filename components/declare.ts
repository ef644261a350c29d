import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { STACK_LABEL, type KubeObject } from "../cluster/objects.ts";

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

/** SDK classes of the built-in kinds, so that policies see them under the type tokens that they know. */
const CLASSES: Readonly<Record<string, ResourceClass>> = {
  "v1/ConfigMap": k8s.core.v1.ConfigMap,
  "v1/Namespace": k8s.core.v1.Namespace,
  "v1/PersistentVolumeClaim": k8s.core.v1.PersistentVolumeClaim,
  "v1/Secret": k8s.core.v1.Secret,
  "v1/Service": k8s.core.v1.Service,
  "v1/ServiceAccount": k8s.core.v1.ServiceAccount,
};

/** The Pulumi name of an object's resource: `namespace/name`, or `name` where it is cluster-scoped. */
export function resourceName(object: KubeObject): string {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Declares an object as a child of a component. Other kinds than {@link CLASSES} go through the generic resource, whose type token is the kind's own. */
export function declare(object: KubeObject, options: pulumi.CustomResourceOptions): pulumi.CustomResource {
  const Class = CLASSES[`${object.apiVersion}/${object.kind}`] ?? k8s.apiextensions.CustomResource;
  return new Class(
    resourceName(object),
    object,
    options,
  );
}

/** An object with the common labels, its own ones first. */
export function labelled(labels: CommonArgs["labels"], object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } };
}

/** Labels of every object of a stack. */
export function stackLabels(stack: string): CommonArgs["labels"] {
  return { [STACK_LABEL]: stack, "app.kubernetes.io/managed-by": "edgefirst" };
}
