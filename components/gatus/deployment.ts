import { createHash } from "node:crypto";
import { LABELLED_CONFIG_MAP } from "../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { exemption } from "../../kube/exemption.ts";
import { DATA_DIRECTORY, GATUS_PORT, STORAGE_URL_VARIABLE, type GatusStorage } from "./config.ts";

/** Name of Gatus' objects in its namespace, and of its main container. */
export const GATUS_NAME = "gatus";
/** Key of the base configuration in its ConfigMap. */
export const CONFIG_KEY = "config.yaml";
/** Name of the Secret with the Pushover part of the configuration. */
export const PUSHOVER_SECRET = "gatus-pushover";
/** Labels of Gatus' pods, which its Service selects. */
export const POD_LABELS = {
  "app.kubernetes.io/name": GATUS_NAME,
  "app.kubernetes.io/instance": "edgefirst",
} as const;

/** What the Deployment depends on. */
export interface GatusDeploymentArgs {
  readonly namespace: string;
  readonly images: { readonly gatus: string; readonly gatusSidecar: string; readonly k8sSidecar: string };
  readonly storage: GatusStorage;
  /** The base configuration; a change of it rolls the pod. */
  readonly config: string;
  /** gatus-sidecar's arguments for what it discovers; undefined: it does not run. */
  readonly sidecarArgs: readonly string[] | undefined;
  readonly labelledConfigMaps: boolean;
  readonly pushover: boolean;
}

const CONFIG_DIRECTORY = "/config";
const DISCOVERED = "discovered";
const LABELLED = "labelled";
/** Gatus has 8080, which is k8s-sidecar's default as well. */
const LABELLED_HEALTH_PORT = 8081;
/** The image's user is root (Gatus) or differs between the containers; the volumes are shared. */
const USER = 65534;

const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** Gatus with its sidecars. The sidecars are native ones: they start before Gatus and stop after it. */
export function gatusDeployment(args: GatusDeploymentArgs): KubeObject {
  const onClaim = args.storage.type === "sqlite";
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: GATUS_NAME,
      namespace: args.namespace,
      labels: POD_LABELS,
      ...(args.sidecarArgs !== undefined && {
        annotations: exemption(
          "workload-probes",
          "gatus-sidecar serves no port and its image holds no shell, so that no probe would say anything true",
          `spec.template.spec.initContainers[0]`,
        ),
      }),
    },
    spec: {
      // Two would probe twice and alert twice.
      replicas: 1,
      // A claim is mounted by one pod at a time.
      strategy: onClaim
        ? { type: "Recreate" }
        : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: POD_LABELS },
      template: {
        metadata: {
          // The pods carry no label of the stack: they are the Deployment's, not declared by the program.
          labels: POD_LABELS,
          // Gatus would read a change by itself, but then a rollout could not show that the new configuration works.
          annotations: {
            "edgefirst.dev/config-checksum": createHash("sha256").update(args.config).digest("hex"),
          },
        },
        spec: podSpec(args),
      },
    },
  };
}

function podSpec(args: GatusDeploymentArgs): Record<string, unknown> {
  const sidecars = [...discoverySidecar(args), ...labelledSidecar(args)];
  return {
    serviceAccountName: GATUS_NAME,
    automountServiceAccountToken: sidecars.length > 0,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    initContainers: sidecars,
    containers: [gatusContainer(args)],
    volumes: volumes(args),
  };
}

/** Gatus reads every YAML file below its configuration directory; each writer has a folder of its own there. */
function gatusContainer(args: GatusDeploymentArgs): Record<string, unknown> {
  const health = { httpGet: { path: "/health", port: "http" }, timeoutSeconds: 2 };
  return {
    name: GATUS_NAME,
    image: args.images.gatus,
    env: gatusEnvironment(args),
    ports: [{ name: "http", containerPort: GATUS_PORT, protocol: "TCP" }],
    startupProbe: { ...health, periodSeconds: 2, failureThreshold: 30 },
    readinessProbe: { ...health, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...health, periodSeconds: 10, failureThreshold: 3 },
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    securityContext: containerSecurity,
    volumeMounts: volumes(args).map(({ name }) => ({
      name,
      mountPath: name === "data" ? DATA_DIRECTORY : `${CONFIG_DIRECTORY}/${name}`,
      ...(name === "data" ? {} : { readOnly: true }),
    })),
  };
}

function gatusEnvironment({ sidecarArgs, storage }: GatusDeploymentArgs): Record<string, unknown>[] {
  return [
    { name: "GATUS_CONFIG_PATH", value: CONFIG_DIRECTORY },
    // At its start Gatus deletes the history of every endpoint that its configuration lacks, so the sidecar, which has nothing that
    // says when its file is written, gets a head start.
    ...(sidecarArgs === undefined ? [] : [{ name: "GATUS_DELAY_START_SECONDS", value: "5" }]),
    ...(storage.type === "postgres"
      ? [
          {
            name: STORAGE_URL_VARIABLE,
            valueFrom: { secretKeyRef: { name: storage.secret, key: storage.key } },
          },
        ]
      : []),
  ];
}

/** gatus-sidecar. It serves no port, and its image holds nothing but the program: there is no probe that would say anything true. */
function discoverySidecar({ images, sidecarArgs }: GatusDeploymentArgs): Record<string, unknown>[] {
  if (sidecarArgs === undefined) return [];
  const folder = `${CONFIG_DIRECTORY}/${DISCOVERED}`;
  return [
    {
      name: "gatus-sidecar",
      image: images.gatusSidecar,
      restartPolicy: "Always",
      args: [...sidecarArgs, `--output=${folder}/gatus-sidecar.yaml`],
      resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
      securityContext: containerSecurity,
      volumeMounts: [{ name: DISCOVERED, mountPath: folder }],
    },
  ];
}

/** k8s-sidecar: a file for each labelled ConfigMap. Its health says that the first listing is done and that its watcher lives. */
function labelledSidecar({ images, labelledConfigMaps }: GatusDeploymentArgs): Record<string, unknown>[] {
  if (!labelledConfigMaps) return [];
  const folder = `${CONFIG_DIRECTORY}/${LABELLED}`;
  const health = { httpGet: { path: "/healthz", port: "labelled-health" }, timeoutSeconds: 2 };
  const environment = {
    LABEL: LABELLED_CONFIG_MAP,
    NAMESPACE: "ALL",
    RESOURCE: "configmap",
    FOLDER: folder,
    UNIQUE_FILENAMES: "true",
    METHOD: "WATCH",
    HEALTH_PORT: String(LABELLED_HEALTH_PORT),
  };
  return [
    {
      name: "k8s-sidecar",
      image: images.k8sSidecar,
      restartPolicy: "Always",
      env: Object.entries(environment).map(([name, value]) => ({ name, value })),
      ports: [{ name: "labelled-health", containerPort: LABELLED_HEALTH_PORT, protocol: "TCP" }],
      startupProbe: { ...health, periodSeconds: 2, failureThreshold: 30 },
      readinessProbe: { ...health, periodSeconds: 5, failureThreshold: 3 },
      livenessProbe: { ...health, periodSeconds: 10, failureThreshold: 3 },
      resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "192Mi" } },
      securityContext: containerSecurity,
      volumeMounts: [{ name: LABELLED, mountPath: folder }],
    },
  ];
}

function volumes(args: GatusDeploymentArgs): ({ readonly name: string } & Record<string, unknown>)[] {
  return [
    { name: "base", configMap: { name: GATUS_NAME } },
    ...(args.pushover ? [{ name: "pushover", secret: { secretName: PUSHOVER_SECRET } }] : []),
    ...(args.sidecarArgs === undefined ? [] : [{ name: DISCOVERED, emptyDir: {} }]),
    ...(args.labelledConfigMaps ? [{ name: LABELLED, emptyDir: {} }] : []),
    ...(args.storage.type === "sqlite"
      ? [{ name: "data", persistentVolumeClaim: { claimName: GATUS_NAME } }]
      : []),
  ];
}
