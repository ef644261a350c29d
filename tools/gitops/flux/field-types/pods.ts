import { booleans, integers, strings, TEXT_MAP, TEXTS, type Fields, type FieldType } from "./notation.ts";

const HANDLERS = {
  exec: { fields: { command: TEXTS } },
  grpc: { fields: { port: "port", ...strings("service") } },
  httpGet: { fields: { port: "portOrName", ...strings("host", "path", "scheme") } },
  tcpSocket: { fields: { port: "portOrName", ...strings("host") } },
} as const satisfies Fields;
const { exec, httpGet, tcpSocket } = HANDLERS;
const HANDLER: FieldType = { fields: { exec, httpGet, tcpSocket } };
const OPTIONAL: FieldType = { fields: { ...strings("name"), ...booleans("optional") } };
const OWN_KEY: FieldType = { fields: { ...strings("name", "key"), ...booleans("optional") } };
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
      env: {
        list: {
          fields: {
            ...strings("name", "value"),
            valueFrom: {
              fields: {
                configMapKeyRef: OWN_KEY,
                fieldRef: { fields: strings("fieldPath") },
                secretKeyRef: OWN_KEY,
              },
            },
          },
        },
      },
      envFrom: {
        list: { fields: { ...strings("prefix"), configMapRef: OPTIONAL, secretRef: OPTIONAL } },
      },
      lifecycle: { fields: { postStart: HANDLER, preStop: HANDLER } },
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

const NODES: FieldType = {
  fields: { matchExpressions: { list: { fields: { ...strings("key", "operator"), values: TEXTS } } } },
};

const AFFINITY: FieldType = {
  fields: {
    nodeAffinity: {
      fields: {
        preferredDuringSchedulingIgnoredDuringExecution: {
          list: { fields: { ...integers("weight"), preference: NODES } },
        },
        requiredDuringSchedulingIgnoredDuringExecution: { fields: { nodeSelectorTerms: { list: NODES } } },
      },
    },
  },
};

const VOLUMES: FieldType = {
  list: {
    fields: {
      ...strings("name"),
      configMap: { fields: { ...strings("name"), ...integers("defaultMode"), ...booleans("optional") } },
      emptyDir: { fields: strings("medium") },
      hostPath: { fields: strings("path", "type") },
      nfs: { fields: { ...strings("path", "server"), ...booleans("readOnly") } },
      persistentVolumeClaim: { fields: { ...strings("claimName"), ...booleans("readOnly") } },
      secret: { fields: { ...strings("secretName"), ...integers("defaultMode"), ...booleans("optional") } },
    },
  },
};

/** The `spec` of a Pod. */
export const POD: FieldType = {
  fields: {
    ...strings("dnsPolicy", "hostname", "nodeName", "priorityClassName", "restartPolicy", "schedulerName"),
    ...strings("serviceAccountName"),
    ...booleans("automountServiceAccountToken", "enableServiceLinks", "hostIPC", "hostNetwork", "hostPID"),
    ...booleans("shareProcessNamespace"),
    ...integers("priority", "terminationGracePeriodSeconds"),
    affinity: AFFINITY,
    containers: CONTAINERS,
    initContainers: CONTAINERS,
    ephemeralContainers: CONTAINERS,
    dnsConfig: {
      fields: {
        nameservers: TEXTS,
        options: { list: { fields: strings("name", "value") } },
        searches: TEXTS,
      },
    },
    hostAliases: { list: { fields: { ...strings("ip"), hostnames: TEXTS } } },
    nodeSelector: TEXT_MAP,
    securityContext: {
      fields: {
        ...booleans("runAsNonRoot"),
        ...integers("fsGroup", "runAsGroup", "runAsUser"),
        supplementalGroups: { list: "integer" },
        sysctls: { list: { fields: strings("name", "value") } },
      },
    },
    tolerations: {
      list: {
        fields: { ...strings("key", "operator", "value", "effect"), ...integers("tolerationSeconds") },
      },
    },
    volumes: VOLUMES,
  },
};
