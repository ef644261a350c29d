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

const HANDLERS: Fields = {
  exec: { fields: { command: TEXTS } },
  grpc: { fields: { port: "port", ...strings("service") } },
  httpGet: { fields: { port: "portOrName", ...strings("host", "path", "scheme") } },
  tcpSocket: { fields: { port: "portOrName", ...strings("host") } },
};
const PROBE: FieldType = {
  fields: {
    ...integers("failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold"),
    ...integers("terminationGracePeriodSeconds", "timeoutSeconds"),
    ...HANDLERS,
  },
};

const CONTAINERS: FieldType = {
  list: {
    fields: {
      ...strings("name", "image", "imagePullPolicy", "workingDir"),
      ...booleans("stdin", "tty"),
      args: TEXTS,
      command: TEXTS,
      livenessProbe: PROBE,
      readinessProbe: PROBE,
      startupProbe: PROBE,
      env: { list: { fields: strings("name", "value") } },
      ports: {
        list: {
          fields: {
            ...strings("name", "protocol", "hostIP"),
            containerPort: "port",
            ...integers("hostPort"),
          },
        },
      },
      securityContext: {
        fields: {
          ...booleans("allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem", "runAsNonRoot"),
          ...integers("runAsGroup", "runAsUser"),
          capabilities: { fields: { add: TEXTS, drop: TEXTS } },
        },
      },
      volumeMounts: {
        list: { fields: { ...strings("name", "mountPath", "subPath"), ...booleans("readOnly") } },
      },
    },
  },
};

const POD: FieldType = {
  fields: {
    ...strings("dnsPolicy", "hostname", "nodeName", "priorityClassName", "restartPolicy", "schedulerName"),
    ...strings("serviceAccountName"),
    ...booleans("automountServiceAccountToken", "enableServiceLinks", "hostIPC", "hostNetwork", "hostPID"),
    ...booleans("shareProcessNamespace"),
    ...integers("priority", "terminationGracePeriodSeconds"),
    containers: CONTAINERS,
    initContainers: CONTAINERS,
    ephemeralContainers: CONTAINERS,
    nodeSelector: TEXT_MAP,
    securityContext: {
      fields: {
        ...booleans("runAsNonRoot"),
        ...integers("fsGroup", "runAsGroup", "runAsUser"),
        sysctls: { list: { fields: strings("name", "value") } },
      },
    },
    tolerations: {
      list: {
        fields: { ...strings("key", "operator", "value", "effect"), ...integers("tolerationSeconds") },
      },
    },
  },
};

const TEMPLATE: FieldType = { fields: { metadata: METADATA, spec: POD } };
const SELECTOR: FieldType = { fields: { matchLabels: TEXT_MAP } };
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
      ...integers("minReadySeconds", "revisionHistoryLimit"),
    },
  },
  "apps/Deployment": {
    fields: {
      ...booleans("paused"),
      ...integers("minReadySeconds", "progressDeadlineSeconds", "replicas", "revisionHistoryLimit"),
      selector: SELECTOR,
      template: TEMPLATE,
    },
  },
  "apps/StatefulSet": {
    fields: {
      ...strings("podManagementPolicy", "serviceName"),
      ...integers("minReadySeconds", "replicas", "revisionHistoryLimit"),
      selector: SELECTOR,
      template: TEMPLATE,
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
  "/Service": {
    fields: {
      ...strings("clusterIP", "externalName", "externalTrafficPolicy", "loadBalancerIP", "type"),
      externalIPs: TEXTS,
      ports: {
        list: {
          fields: { ...strings("appProtocol", "name", "protocol"), ...integers("nodePort"), port: "port" },
        },
      },
      selector: TEXT_MAP,
    },
  },
  "networking.k8s.io/Ingress": INGRESS,
};
