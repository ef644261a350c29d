import type { FieldSpec } from "./field-spec.ts";
import type { Gvk } from "./kinds.ts";

/** Fields that refer to an object of some kind by name. */
export interface NameReference extends Partial<Gvk> {
  readonly fields: readonly FieldSpec[];
}

const POD: readonly [spec: string, kind: string][] = [
  ["spec", "Pod"],
  ["spec/template/spec", "StatefulSet"],
  ["spec/template/spec", "Deployment"],
  ["spec/template/spec", "ReplicationController"],
  ["spec/jobTemplate/spec/template/spec", "CronJob"],
  ["spec/template/spec", "Job"],
  ["spec/template/spec", "DaemonSet"],
];

/** Kinds in whose pod specs Kustomize updates references to ConfigMaps and Secrets. ReplicationController is not among them. */
const POD_WITH_CONFIGURATION: readonly [spec: string, kind: string][] = [
  ...POD.filter(([, kind]) => kind !== "ReplicationController"),
  ["template/spec", "PodTemplate"],
  ["spec/template/spec", "ReplicaSet"],
];

const inPods = (pods: readonly [string, string][], paths: readonly string[]): readonly FieldSpec[] =>
  pods.flatMap(([spec, kind]) => paths.map((path) => ({ path: `${spec}/${path}`, kind })));

const fieldsIn = (kind: string, paths: readonly string[], group?: string): readonly FieldSpec[] =>
  paths.map((path) => ({ path, kind, ...(group === undefined ? {} : { group }) }));

const RESOURCE_NAMES: readonly FieldSpec[] = [
  ...fieldsIn("Role", ["rules/resourceNames"]),
  ...fieldsIn("ClusterRole", ["rules/resourceNames"]),
];

const SCALED = fieldsIn("HorizontalPodAutoscaler", ["spec/scaleTargetRef/name"]);
const RBAC = "rbac.authorization.k8s.io";
const ADMISSION = "admissionregistration.k8s.io";

/** References that Kustomize updates by default. Source: builtinpluginconsts/namereference.go. */
export const NAME_REFERENCES: readonly NameReference[] = [
  ...["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map((kind) => ({
    kind,
    fields: SCALED,
  })),
  {
    kind: "ConfigMap",
    version: "v1",
    fields: [
      ...inPods(POD_WITH_CONFIGURATION, [
        "volumes/configMap/name",
        "containers/env/valueFrom/configMapKeyRef/name",
        "initContainers/env/valueFrom/configMapKeyRef/name",
        "containers/envFrom/configMapRef/name",
        "initContainers/envFrom/configMapRef/name",
        "volumes/projected/sources/configMap/name",
      ]),
      ...fieldsIn("Node", ["spec/configSource/configMap"]),
      ...RESOURCE_NAMES,
      ...fieldsIn("Ingress", ["metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"]),
    ],
  },
  {
    kind: "Secret",
    version: "v1",
    fields: [
      ...inPods(POD_WITH_CONFIGURATION, [
        "volumes/secret/secretName",
        "containers/env/valueFrom/secretKeyRef/name",
        "initContainers/env/valueFrom/secretKeyRef/name",
        "containers/envFrom/secretRef/name",
        "initContainers/envFrom/secretRef/name",
        "imagePullSecrets/name",
        "volumes/projected/sources/secret/name",
      ]),
      ...fieldsIn("Ingress", [
        "spec/tls/secretName",
        "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
      ]),
      ...fieldsIn("ServiceAccount", ["imagePullSecrets/name"]),
      ...fieldsIn("StorageClass", [
        "parameters/secretName",
        "parameters/adminSecretName",
        "parameters/userSecretName",
        "parameters/secretRef",
      ]),
      ...RESOURCE_NAMES,
      {
        path: "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
        group: "serving.knative.dev",
        version: "v1",
        kind: "Service",
      },
      ...fieldsIn("PersistentVolume", ["spec/azureFile/secretName"]),
    ],
  },
  {
    kind: "Service",
    version: "v1",
    fields: [
      ...fieldsIn("StatefulSet", ["spec/serviceName"], "apps"),
      ...fieldsIn("Ingress", [
        "spec/rules/http/paths/backend/serviceName",
        "spec/backend/serviceName",
        "spec/rules/http/paths/backend/service/name",
        "spec/defaultBackend/service/name",
      ]),
      ...fieldsIn("APIService", ["spec/service/name"], "apiregistration.k8s.io"),
      ...fieldsIn("ValidatingWebhookConfiguration", ["webhooks/clientConfig/service"], ADMISSION),
      ...fieldsIn("MutatingWebhookConfiguration", ["webhooks/clientConfig/service"], ADMISSION),
    ],
  },
  { kind: "Role", group: RBAC, fields: fieldsIn("RoleBinding", ["roleRef/name"], RBAC) },
  {
    kind: "ClusterRole",
    group: RBAC,
    fields: [
      ...fieldsIn("RoleBinding", ["roleRef/name"], RBAC),
      ...fieldsIn("ClusterRoleBinding", ["roleRef/name"], RBAC),
    ],
  },
  {
    kind: "ServiceAccount",
    version: "v1",
    fields: [
      ...fieldsIn("RoleBinding", ["subjects"], RBAC),
      ...fieldsIn("ClusterRoleBinding", ["subjects"], RBAC),
      ...inPods(POD, ["serviceAccountName"]),
    ],
  },
  {
    kind: "PersistentVolumeClaim",
    version: "v1",
    fields: inPods(POD, ["volumes/persistentVolumeClaim/claimName"]),
  },
  {
    kind: "PersistentVolume",
    version: "v1",
    fields: [
      ...fieldsIn("PersistentVolumeClaim", ["spec/volumeName"]),
      ...fieldsIn("ClusterRole", ["rules/resourceNames"]),
    ],
  },
  {
    kind: "StorageClass",
    version: "v1",
    group: "storage.k8s.io",
    fields: [
      ...fieldsIn("PersistentVolume", ["spec/storageClassName"]),
      ...fieldsIn("PersistentVolumeClaim", ["spec/storageClassName"]),
      ...fieldsIn("StatefulSet", ["spec/volumeClaimTemplates/spec/storageClassName"]),
    ],
  },
  {
    kind: "PriorityClass",
    version: "v1",
    group: "scheduling.k8s.io",
    fields: inPods(POD, ["priorityClassName"]),
  },
  {
    kind: "ValidatingAdmissionPolicy",
    group: ADMISSION,
    fields: fieldsIn("ValidatingAdmissionPolicyBinding", ["spec/policyName"], ADMISSION),
  },
];
