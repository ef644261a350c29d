import type { FieldSpec } from "./field-spec.ts";

/** The fields that Kustomize's transformers write to by default. Source: api/internal/konfig/builtinpluginconsts. */

const TEMPLATES: readonly (readonly [path: string, only: Omit<FieldSpec, "path">])[] = [
  ["spec/template/metadata", { version: "v1", kind: "ReplicationController" }],
  ["spec/template/metadata", { kind: "Deployment" }],
  ["spec/template/metadata", { kind: "ReplicaSet" }],
  ["spec/template/metadata", { kind: "DaemonSet" }],
  ["spec/template/metadata", { kind: "StatefulSet" }],
  ["spec/template/metadata", { group: "batch", kind: "Job" }],
  ["spec/jobTemplate/metadata", { group: "batch", kind: "CronJob" }],
  ["spec/jobTemplate/spec/template/metadata", { group: "batch", kind: "CronJob" }],
];

const inTemplates = (field: string): readonly FieldSpec[] =>
  TEMPLATES.map(([path, only]) => ({ path: `${path}/${field}`, create: true, ...only }));

export const METADATA_LABELS: FieldSpec = { path: "metadata/labels", create: true };

/** `labels` with `includeTemplates`. */
export const TEMPLATE_LABELS: readonly FieldSpec[] = [
  METADATA_LABELS,
  ...inTemplates("labels"),
  { path: "spec/volumeClaimTemplates[]/metadata/labels", create: true, group: "apps", kind: "StatefulSet" },
];

/** `commonAnnotations`. */
export const COMMON_ANNOTATIONS: readonly FieldSpec[] = [
  { path: "metadata/annotations", create: true },
  ...inTemplates("annotations"),
];

const AFFINITY = ["podAffinity", "podAntiAffinity"].flatMap((affinity) => [
  `${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `${affinity}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
]);

const inPods = (kind: string): readonly FieldSpec[] =>
  [...AFFINITY.map((path) => `affinity/${path}`), "topologySpreadConstraints/labelSelector/matchLabels"].map(
    (path) => ({
      path: `spec/template/spec/${path}`,
      group: "apps",
      kind,
    }),
  );

/** The fields that `commonLabels` writes to, and also `labels` if `includeSelectors` is set. */
export const COMMON_LABELS: readonly FieldSpec[] = [
  { path: "spec/selector", create: true, version: "v1", kind: "Service" },
  { path: "spec/selector", create: true, version: "v1", kind: "ReplicationController" },
  { path: "spec/selector/matchLabels", create: true, kind: "Deployment" },
  ...inPods("Deployment"),
  { path: "spec/selector/matchLabels", create: true, kind: "ReplicaSet" },
  { path: "spec/selector/matchLabels", create: true, kind: "DaemonSet" },
  { path: "spec/selector/matchLabels", create: true, group: "apps", kind: "StatefulSet" },
  ...inPods("StatefulSet"),
  { path: "spec/selector/matchLabels", group: "batch", kind: "Job" },
  { path: "spec/jobTemplate/spec/selector/matchLabels", group: "batch", kind: "CronJob" },
  { path: "spec/selector/matchLabels", group: "policy", kind: "PodDisruptionBudget" },
  { path: "spec/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy" },
  { path: "spec/ingress/from/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy" },
  { path: "spec/egress/to/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy" },
  ...TEMPLATE_LABELS,
];

/** `images`. */
export const IMAGES: readonly FieldSpec[] = [
  "spec/containers[]/image",
  "spec/initContainers[]/image",
  "spec/volumes[]/image/reference",
  "spec/template/spec/containers[]/image",
  "spec/template/spec/initContainers[]/image",
  "spec/template/spec/volumes[]/image/reference",
  "spec/jobTemplate/spec/template/spec/volumes[]/image/reference",
].map((path) => ({ path }));

/** `namePrefix` and `nameSuffix`. */
export const NAMES: readonly FieldSpec[] = [{ path: "metadata/name" }];

/** `replicas`. */
export const REPLICAS: readonly FieldSpec[] = [
  "Deployment",
  "ReplicationController",
  "ReplicaSet",
  "StatefulSet",
].map((kind) => ({ path: "spec/replicas", create: true, kind }));

/** The fields that `namespace` writes to, in addition to metadata.namespace and the subjects of bindings. */
export const NAMESPACES: readonly FieldSpec[] = [
  { path: "metadata/name", kind: "Namespace", create: true },
  { path: "spec/service/namespace", group: "apiregistration.k8s.io", kind: "APIService", create: true },
  {
    path: "spec/conversion/webhook/clientConfig/service/namespace",
    group: "apiextensions.k8s.io",
    kind: "CustomResourceDefinition",
  },
];
