import {
  booleans,
  integers,
  METADATA,
  strings,
  TEXT_MAP,
  TEXTS,
  type Fields,
  type FieldType,
} from "./notation.ts";
import { POD } from "./pods.ts";

const TEMPLATE: FieldType = { fields: { metadata: METADATA, spec: POD } };
const SELECTOR: FieldType = { fields: { matchLabels: TEXT_MAP } };
const STRATEGY: FieldType = { fields: strings("type") };
const PEERS: FieldType = { list: { fields: { namespaceSelector: SELECTOR, podSelector: SELECTOR } } };
const POLICY_PORTS: FieldType = { list: { fields: { ...strings("protocol"), port: "portOrName" } } };
const JOB: FieldType = {
  fields: {
    ...booleans("suspend"),
    ...integers("activeDeadlineSeconds", "backoffLimit", "completions", "parallelism"),
    ...integers("ttlSecondsAfterFinished"),
    template: TEMPLATE,
  },
};

const BACKEND: FieldType = {
  fields: {
    resource: { fields: strings("apiGroup", "kind", "name") },
    service: {
      fields: { ...strings("name"), port: { fields: { ...strings("name"), number: "port" } } },
    },
  },
};
const INGRESS_PATHS: FieldType = { list: { fields: { ...strings("path", "pathType"), backend: BACKEND } } };

/** All fields of an Ingress's `spec`. */
export const INGRESS: FieldType = {
  fields: {
    ...strings("ingressClassName"),
    defaultBackend: BACKEND,
    rules: { list: { fields: { ...strings("host"), http: { fields: { paths: INGRESS_PATHS } } } } },
    tls: { list: { fields: { ...strings("secretName"), hosts: TEXTS } } },
  },
};

/** The types of `spec`, as `group/kind` (https://kubernetes.io/docs/reference/kubernetes-api). */
export const KUBERNETES_SPECS: Fields = {
  "/Pod": POD,
  "apps/DaemonSet": {
    fields: {
      selector: SELECTOR,
      template: TEMPLATE,
      updateStrategy: STRATEGY,
      ...integers("minReadySeconds", "revisionHistoryLimit"),
    },
  },
  "apps/Deployment": {
    fields: {
      ...booleans("paused"),
      ...integers("minReadySeconds", "progressDeadlineSeconds", "replicas", "revisionHistoryLimit"),
      selector: SELECTOR,
      strategy: STRATEGY,
      template: TEMPLATE,
    },
  },
  "apps/StatefulSet": {
    fields: {
      ...strings("podManagementPolicy", "serviceName"),
      ...integers("minReadySeconds", "replicas", "revisionHistoryLimit"),
      selector: SELECTOR,
      template: TEMPLATE,
      updateStrategy: STRATEGY,
    },
  },
  "autoscaling/HorizontalPodAutoscaler": {
    fields: {
      ...integers("maxReplicas", "minReplicas"),
      scaleTargetRef: { fields: strings("apiVersion", "kind", "name") },
    },
  },
  "batch/Job": JOB,
  "batch/CronJob": {
    fields: {
      ...strings("concurrencyPolicy", "schedule", "timeZone"),
      ...booleans("suspend"),
      ...integers("failedJobsHistoryLimit", "startingDeadlineSeconds", "successfulJobsHistoryLimit"),
      jobTemplate: { fields: { metadata: METADATA, spec: JOB } },
    },
  },
  "/PersistentVolumeClaim": {
    fields: { ...strings("storageClassName", "volumeMode", "volumeName"), accessModes: TEXTS },
  },
  "/PersistentVolume": {
    fields: {
      ...strings("persistentVolumeReclaimPolicy", "storageClassName", "volumeMode"),
      accessModes: TEXTS,
      mountOptions: TEXTS,
      nfs: { fields: { ...strings("path", "server"), ...booleans("readOnly") } },
    },
  },
  "/Service": {
    fields: {
      ...strings("clusterIP", "externalName", "externalTrafficPolicy", "internalTrafficPolicy"),
      ...strings("ipFamilyPolicy", "loadBalancerClass", "loadBalancerIP", "sessionAffinity", "type"),
      ...booleans("allocateLoadBalancerNodePorts", "publishNotReadyAddresses"),
      externalIPs: TEXTS,
      ipFamilies: TEXTS,
      loadBalancerSourceRanges: TEXTS,
      ports: {
        list: {
          fields: {
            ...strings("appProtocol", "name", "protocol"),
            ...integers("nodePort"),
            port: "port",
            targetPort: "targetPort",
          },
        },
      },
      selector: TEXT_MAP,
    },
  },
  "networking.k8s.io/Ingress": INGRESS,
  "networking.k8s.io/NetworkPolicy": {
    fields: {
      egress: { list: { fields: { ports: POLICY_PORTS, to: PEERS } } },
      ingress: { list: { fields: { from: PEERS, ports: POLICY_PORTS } } },
      podSelector: SELECTOR,
      policyTypes: TEXTS,
    },
  },
  "policy/PodDisruptionBudget": { fields: { selector: SELECTOR } },
};

const RULES: FieldType = {
  list: {
    fields: {
      apiGroups: TEXTS,
      nonResourceURLs: TEXTS,
      resourceNames: TEXTS,
      resources: TEXTS,
      verbs: TEXTS,
    },
  },
};

/** The types of fields next to `metadata`, as `group/kind`. */
export const KUBERNETES_CONTENTS: Readonly<Record<string, Fields>> = {
  "/ConfigMap": { ...booleans("immutable"), data: TEXT_MAP, binaryData: TEXT_MAP },
  "/Secret": { ...booleans("immutable"), ...strings("type"), data: TEXT_MAP, stringData: TEXT_MAP },
  "rbac.authorization.k8s.io/ClusterRole": { rules: RULES },
  "rbac.authorization.k8s.io/Role": { rules: RULES },
  "storage.k8s.io/StorageClass": {
    ...booleans("allowVolumeExpansion"),
    ...strings("provisioner", "reclaimPolicy", "volumeBindingMode"),
    mountOptions: TEXTS,
    parameters: TEXT_MAP,
  },
};
