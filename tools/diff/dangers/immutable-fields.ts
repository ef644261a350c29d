import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../kube/objects.ts";
import { at, fields, list, text } from "../../../policy/engine/read.ts";
import type { Path } from "../../../policy/engine/path.ts";
import { quantity } from "../../../kube/quantity.ts";

/** A field that the API server does not let an update change. */
export interface ImmutableField {
  readonly path: Path;
  /** The value that the API server sets if the field is absent. */
  readonly defaultValue?: unknown;
  /** Whether an absent value is kept instead of refused. */
  readonly keepsValue?: true;
  /** Whether the update is refused only in some cases. By default, any change is. */
  readonly isRefused?: (before: KubeObject, after: KubeObject) => boolean;
}

const field = (path: string, more: Omit<ImmutableField, "path"> = {}): ImmutableField => ({
  path: path.split("."),
  ...more,
});

const wasImmutable = (before: KubeObject): boolean => before.immutable === true;
const immutableData = (name: string): ImmutableField => field(name, { isRefused: wasImmutable });

/** Kinds of Service that have an address in the cluster. */
const hasAddress = (...services: KubeObject[]): boolean =>
  services.every((service) => at(service, ["spec", "type"]) !== "ExternalName");

/** Whether a claim requests less than before. */
const shrinks = (before: KubeObject, after: KubeObject): boolean => {
  const [old, next] = [before, after].map((claim) =>
    quantity(at(claim, ["spec", "resources", "requests", "storage"])),
  );
  return old !== undefined && next !== undefined && next < old;
};

/**
 * Whether a Deployment becomes `Recreate` while defaults of the rolling update stay behind: a server-side apply removes only what was applied, and
 * the API server refuses the two together.
 */
const keepsDefaultStrategy = (before: KubeObject, after: KubeObject): boolean => {
  const applied = fields(at(before, ["spec", "strategy", "rollingUpdate"]));
  return at(after, ["spec", "strategy", "type"]) === "Recreate" && Object.keys(applied).length === 0;
};

const isIndexed = (job: KubeObject): boolean => at(job, ["spec", "completionMode"]) === "Indexed";

/**
 * Immutable fields by group and kind. Each is tried against a real API server in test/engine/immutable-fields.test.ts. Source: the
 * `Validate…Update` functions in pkg/apis of Kubernetes 1.36.
 */
export const IMMUTABLE_FIELDS: Readonly<Record<string, readonly ImmutableField[]>> = {
  "apps/Deployment": [
    field("spec.selector"),
    field("spec.strategy.type", { defaultValue: "RollingUpdate", isRefused: keepsDefaultStrategy }),
  ],
  "apps/DaemonSet": [field("spec.selector")],
  "apps/ReplicaSet": [field("spec.selector")],
  "apps/StatefulSet": [
    field("spec.selector"),
    field("spec.serviceName", { defaultValue: "" }),
    field("spec.podManagementPolicy", { defaultValue: "OrderedReady" }),
    field("spec.volumeClaimTemplates", { defaultValue: [] }),
  ],
  "batch/Job": [
    field("spec.template"),
    field("spec.completionMode", { defaultValue: "NonIndexed" }),
    field("spec.completions", { isRefused: (before) => !isIndexed(before) }),
    field("spec.podFailurePolicy"),
    field("spec.backoffLimitPerIndex"),
  ],
  Service: [
    field("spec.clusterIP", { keepsValue: true, isRefused: hasAddress }),
    field("spec.loadBalancerClass", {
      isRefused: (...both) => both.every((service) => at(service, ["spec", "type"]) === "LoadBalancer"),
    }),
  ],
  PersistentVolumeClaim: [
    field("spec.accessModes"),
    field("spec.storageClassName"),
    field("spec.volumeMode", { defaultValue: "Filesystem" }),
    field("spec.volumeName", {
      keepsValue: true,
      isRefused: (before) => at(before, ["spec", "volumeName"]) !== undefined,
    }),
    field("spec.selector"),
    field("spec.dataSource"),
    field("spec.dataSourceRef"),
    field("spec.resources.requests.storage", { isRefused: shrinks }),
  ],
  Secret: [
    field("type", { defaultValue: "Opaque" }),
    field("immutable", { isRefused: wasImmutable }),
    immutableData("data"),
    immutableData("stringData"),
  ],
  ConfigMap: [
    field("immutable", { isRefused: wasImmutable }),
    immutableData("data"),
    immutableData("binaryData"),
  ],
  "storage.k8s.io/StorageClass": [
    field("provisioner"),
    field("parameters", { defaultValue: {} }),
    field("reclaimPolicy", { defaultValue: "Delete" }),
    field("volumeBindingMode", { defaultValue: "Immediate" }),
  ],
  "storage.k8s.io/VolumeAttributesClass": [field("driverName"), field("parameters", { defaultValue: {} })],
  "rbac.authorization.k8s.io/RoleBinding": [field("roleRef")],
  "rbac.authorization.k8s.io/ClusterRoleBinding": [field("roleRef")],
  "networking.k8s.io/IngressClass": [field("spec.controller")],
  "scheduling.k8s.io/PriorityClass": [
    field("value"),
    field("preemptionPolicy", { defaultValue: "PreemptLowerPriority" }),
  ],
  "node.k8s.io/RuntimeClass": [field("handler")],
  "discovery.k8s.io/EndpointSlice": [field("addressType")],
  ResourceQuota: [field("spec.scopes", { defaultValue: [] })],
  "apiextensions.k8s.io/CustomResourceDefinition": [
    field("spec.scope"),
    field("spec.group"),
    field("spec.names.kind"),
    field("spec.names.plural"),
  ],
  "gateway.networking.k8s.io/GatewayClass": [field("spec.controllerName")],
};

/** What makes up the data of a PersistentVolume: one of many sources. */
const NOT_A_SOURCE = new Set([
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
]);

/** The immutable fields of an object: those of its kind; of a PersistentVolume, its source as well. */
export function immutableFieldsOf(
  kind: string,
  before: KubeObject,
  after: KubeObject,
): readonly ImmutableField[] {
  if (kind !== "PersistentVolume") return IMMUTABLE_FIELDS[kind] ?? [];
  const names = new Set([before, after].flatMap(({ spec }) => Object.keys(fields(spec))));
  return [...names].filter((name) => !NOT_A_SOURCE.has(name)).map((name) => field(`spec.${name}`));
}

/** Whether an update changes an immutable field in a way that the API server refuses. */
export function isRefused(
  { path, defaultValue, keepsValue, isRefused: decides }: ImmutableField,
  before: KubeObject,
  after: KubeObject,
): boolean {
  const [old, next] = [before, after].map((object) => plain(at(object, path) ?? defaultValue));
  if (isDeepStrictEqual(old, next)) return false;
  if (keepsValue && next === undefined) return false;
  return decides?.(before, after) ?? true;
}

/** Lists of access modes and scopes are sets; quantities are compared elsewhere. */
function plain(value: unknown): unknown {
  return list(value).length > 0 && list(value).every((item) => text(item) !== undefined)
    ? list(value).toSorted()
    : value;
}
