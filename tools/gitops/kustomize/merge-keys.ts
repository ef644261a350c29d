import { hasSchema, type Gvk } from "./kinds.ts";

/** The fields by which a patch finds an element of a list. Without fields, the list is a set of scalars. */
export type MergeKeys = readonly string[];

/** Path of the pod spec in each kind that runs pods. */
const POD_SPEC: Readonly<Record<string, string>> = {
  Pod: "spec",
  PodTemplate: "template.spec",
  ReplicationController: "spec.template.spec",
  Deployment: "spec.template.spec",
  ReplicaSet: "spec.template.spec",
  DaemonSet: "spec.template.spec",
  StatefulSet: "spec.template.spec",
  Job: "spec.template.spec",
  CronJob: "spec.jobTemplate.spec.template.spec",
};

const CONTAINER: Readonly<Record<string, MergeKeys>> = {
  env: ["name"],
  volumeDevices: ["devicePath"],
  volumeMounts: ["mountPath"],
};

const PORTS: MergeKeys = ["containerPort", "protocol"];

const IN_POD_SPEC: Readonly<Record<string, MergeKeys>> = {
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  ...inList("containers", { ...CONTAINER, ports: PORTS }),
  ...inList("initContainers", { ...CONTAINER, ports: PORTS }),
  ...inList("ephemeralContainers", CONTAINER),
  hostAliases: ["ip"],
  imagePullSecrets: ["name"],
  topologySpreadConstraints: ["topologyKey", "whenUnsatisfiable"],
  volumes: ["name"],
};

const BY_KIND: Readonly<Record<string, Readonly<Record<string, MergeKeys>>>> = {
  Service: { "spec.ports": ["port", "protocol"] },
  ServiceAccount: { secrets: ["name"] },
  MutatingWebhookConfiguration: { webhooks: ["name"] },
  ValidatingWebhookConfiguration: { webhooks: ["name"] },
  CSINode: { "spec.drivers": ["name"] },
  Node: { "spec.podCIDRs": [] },
};

function inList(list: string, keys: Readonly<Record<string, MergeKeys>>): Record<string, MergeKeys> {
  return Object.fromEntries(Object.entries(keys).map(([field, value]) => [`${list}.${field}`, value]));
}

/** The merge keys of the list at a path in an object; see {@link mergeKeys}. */
export type MergeSchema = (path: string) => MergeKeys | undefined;

/** Merge keys in addition to the built-in ones. */
export type MergeSchemas = (gvk: Gvk, path: string) => MergeKeys | undefined;

export const NO_SCHEMAS: MergeSchemas = () => undefined;

/**
 * How a strategic merge patch treats the list at a path (fields only, joined by dots): the keys of its elements, or undefined if the patch replaces the list.
 * Custom resources, and kinds newer than Kustomize's built-in schema, have no merge keys. Source: x-kubernetes-patch-merge-key in kyaml's built-in schema
 * (Kubernetes 1.21).
 */
export function mergeKeys(gvk: Gvk, path: string): MergeKeys | undefined {
  if (!hasSchema(gvk) || gvk.kind === "CustomResourceDefinition") return undefined;
  if (path === "metadata.finalizers" || path.endsWith(".metadata.finalizers")) return [];
  if (path === "metadata.ownerReferences" || path.endsWith(".metadata.ownerReferences")) return ["uid"];
  const podSpec = POD_SPEC[gvk.kind];
  if (podSpec !== undefined && path.startsWith(`${podSpec}.`))
    return IN_POD_SPEC[path.slice(podSpec.length + 1)];
  return BY_KIND[gvk.kind]?.[path];
}
