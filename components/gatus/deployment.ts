import { createHash } from "node:crypto";
import type { KubeObject } from "../../kube/objects.ts";
import { exemption } from "../../kube/exemption.ts";
import { placementFields, type Placement } from "../shared/placement.ts";
import type { PushoverSecret } from "../shared/pushover.ts";
import { strategicMerge } from "../shared/strategic-merge.ts";
import { DATA_DIRECTORY, GATUS_PORT, type GatusStorage } from "./config.ts";
import { FILTER_PROGRAM } from "./endpoint-filter.ts";
import { LOGIN, LOGIN_SECRET, type ExistingLogin } from "./login.ts";
import {
  CONFIG_DIRECTORY,
  CONTAINER_SECURITY,
  DISCOVERED,
  discoverySidecar,
  endpointFilter,
  ENDPOINTS,
  FRAGMENTS,
  SCRIPTS,
  labelledSidecar,
  tokenVolume,
} from "./sidecar-containers.ts";
import { fileVolume, PUSHOVER, secretFiles, secretFileWriter, secretVolume } from "./secret-files.ts";
import type { LabelledNamespaces } from "./sidecar.ts";

/** Name of Gatus's objects in its namespace, and of the main container. */
export const GATUS_NAME = "gatus";
/** Key of the base configuration in its ConfigMap. */
export const CONFIG_KEY = "config.yaml";
/** Name of the Secret for the Pushover part of the configuration, if the stack writes it. */
export const PUSHOVER_SECRET = "gatus-pushover";
/** Name of the ConfigMap with the filter's script. */
export const SCRIPTS_CONFIG_MAP = "gatus-scripts";
/** Labels of Gatus's pods, which the Service selects. */
export const POD_LABELS = {
  "app.kubernetes.io/name": GATUS_NAME,
  "app.kubernetes.io/instance": "edgefirst",
} as const;

/** Arguments of {@link gatusDeployment}. */
export interface GatusDeploymentArgs extends Placement {
  readonly namespace: string;
  readonly images: { readonly gatus: string; readonly gatusSidecar: string; readonly k8sSidecar: string };
  readonly storage: GatusStorage;
  /** The base configuration; a change rolls the pod. */
  readonly config: string;
  /** The endpoint defaults of Gateways. A change rolls the pod, because gatus-sidecar would notice it only within ten minutes. */
  readonly defaults?: readonly object[];
  /** gatus-sidecar's arguments; undefined if it does not run. */
  readonly sidecarArgs: readonly string[] | undefined;
  /** undefined: labelled ConfigMaps are not read. */
  readonly labelled: LabelledNamespaces | undefined;
  /** Keys of the endpoints in the stack's configuration. */
  readonly reserved: readonly string[];
  /** The plain HTTP port of each hostname without an HTTPS listener; 0 for the others. */
  readonly plainHttp?: Readonly<Record<string, number>> | undefined;
  /** Whether Gatus sends alerts to Pushover; an object if the keys are in an existing Secret. */
  readonly pushover: boolean | PushoverSecret;
  /** Whether results need a login; an object if its secret value is in an existing Secret. */
  readonly login?: boolean | ExistingLogin;
  readonly resources?: GatusResources;
}

/** Kubernetes quantities. */
export interface GatusResources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu?: string | undefined; readonly memory: string };
}

const RESOURCES: GatusResources = {
  requests: { cpu: "10m", memory: "64Mi" },
  limits: { memory: "256Mi" },
};

/** All containers run as one user, since they share volumes. The users in the images differ, and Gatus's is root. */
const USER = 65534;

/** Gatus with its native sidecars, which start before Gatus and stop after it. */
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
          "gatus-sidecar serves no port and its image has no shell, so no probe is possible",
          `spec.template.spec.initContainers[0]`,
        ),
      }),
    },
    spec: {
      // Two replicas would probe and alert twice.
      replicas: 1,
      // Only one pod at a time can mount the claim.
      strategy: onClaim
        ? { type: "Recreate" }
        : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: POD_LABELS },
      template: strategicMerge(podTemplate(args), args.podPatch ?? {}),
    },
  };
}

function podTemplate(args: GatusDeploymentArgs): Record<string, unknown> {
  return {
    metadata: {
      // The pods get no stack label, because the Deployment creates them, not the program.
      labels: POD_LABELS,
      // Gatus would reload its configuration without a rollout, but only a rollout shows that the new configuration works.
      annotations: {
        "edgefirst.dev/config-checksum": checksum(args),
      },
    },
    spec: podSpec(args),
  };
}

/** The filter loads its script when it starts. */
function checksum(args: GatusDeploymentArgs): string {
  const hash = createHash("sha256").update(args.config);
  if (isFiltered(args)) hash.update(JSON.stringify(args.defaults ?? [])).update(FILTER_PROGRAM);
  return hash.digest("hex");
}

function sidecarContainers(args: GatusDeploymentArgs): Record<string, unknown>[] {
  if (!isFiltered(args)) return [];
  const { images, sidecarArgs, labelled, reserved, plainHttp = {} } = args;
  return [
    ...(sidecarArgs === undefined ? [] : [discoverySidecar(images.gatusSidecar, sidecarArgs)]),
    ...(labelled === undefined ? [] : [labelledSidecar(images.k8sSidecar, labelled)]),
    endpointFilter({
      image: images.k8sSidecar,
      reserved,
      plainHttp,
      discovers: sidecarArgs !== undefined,
      labelled: labelled !== undefined,
    }),
  ];
}

function podSpec(args: GatusDeploymentArgs): Record<string, unknown> {
  const sidecars = sidecarContainers(args);
  return {
    serviceAccountName: GATUS_NAME,
    automountServiceAccountToken: false,
    // Gatus expands every variable of its environment in the text of routes.
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...placementFields(args),
    initContainers: [
      ...sidecars,
      ...secretFiles(args).map((file) => secretFileWriter(file, args.images.k8sSidecar)),
    ],
    containers: [gatusContainer(args)],
    volumes: [...volumes(args), ...hiddenVolumes(args)],
  };
}

/** Every volume except the one for the data is mounted as a folder in the configuration directory. */
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
    resources: resources(args.resources ?? RESOURCES),
    securityContext: CONTAINER_SECURITY,
    volumeMounts: volumes(args).map(({ name }) => ({
      name,
      mountPath: name === "data" ? DATA_DIRECTORY : `${CONFIG_DIRECTORY}/${name}`,
      ...(name === "data" ? {} : { readOnly: true }),
    })),
  };
}

function resources({ requests, limits: { cpu, memory } }: GatusResources): Record<string, unknown> {
  return { requests: { ...requests }, limits: { ...(cpu !== undefined && { cpu }), memory } };
}

function gatusEnvironment({ sidecarArgs }: GatusDeploymentArgs): Record<string, unknown>[] {
  return [
    { name: "GATUS_CONFIG_PATH", value: CONFIG_DIRECTORY },
    // At startup, Gatus deletes the history of every endpoint that is missing from its configuration. gatus-sidecar does not signal when its file is complete,
    // so Gatus waits a few seconds.
    ...(sidecarArgs === undefined ? [] : [{ name: "GATUS_DELAY_START_SECONDS", value: "5" }]),
  ];
}

/** Whether Gatus also reads endpoints from the cluster, and so needs the filter and its script. */
export function isFiltered({
  sidecarArgs,
  labelled,
}: Pick<GatusDeploymentArgs, "sidecarArgs" | "labelled">): boolean {
  return sidecarArgs !== undefined || labelled !== undefined;
}

/** Volumes that Gatus does not mount. */
function hiddenVolumes(args: GatusDeploymentArgs): Record<string, unknown>[] {
  return [
    ...(isFiltered(args)
      ? [tokenVolume(), { name: SCRIPTS, configMap: { name: SCRIPTS_CONFIG_MAP, defaultMode: 0o444 } }]
      : []),
    ...(args.sidecarArgs === undefined ? [] : [{ name: DISCOVERED, emptyDir: {} }]),
    ...(args.labelled === undefined ? [] : [{ name: FRAGMENTS, emptyDir: {} }]),
    ...secretFiles(args).map(secretVolume),
  ];
}

/** The volumes that Gatus mounts. */
function volumes(args: GatusDeploymentArgs): ({ readonly name: string } & Record<string, unknown>)[] {
  return [
    { name: "base", configMap: { name: GATUS_NAME } },
    ...(args.pushover === true ? [{ name: PUSHOVER, secret: { secretName: PUSHOVER_SECRET } }] : []),
    ...(args.login === true ? [{ name: LOGIN, secret: { secretName: LOGIN_SECRET } }] : []),
    ...(isFiltered(args) ? [{ name: ENDPOINTS, emptyDir: {} }] : []),
    ...secretFiles(args).map(fileVolume),
    ...(args.storage.type === "sqlite"
      ? [{ name: "data", persistentVolumeClaim: { claimName: GATUS_NAME } }]
      : []),
  ];
}
