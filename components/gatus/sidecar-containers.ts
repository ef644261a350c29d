import { LABELLED_CONFIG_MAP } from "../../kube/gatus-endpoints.ts";

/** Gatus reads every YAML file in this directory, which has one folder for each source of configuration. */
export const CONFIG_DIRECTORY = "/config";
/** Volume and folder for the endpoints that gatus-sidecar writes. */
export const DISCOVERED = "discovered";
/** Volume and folder for the labelled ConfigMaps that k8s-sidecar writes. */
export const LABELLED = "labelled";

/** Security context of every container in the pod. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** Not k8s-sidecar's default, 8080, which Gatus uses. */
const LABELLED_HEALTH_PORT = 8081;

/** gatus-sidecar. It has no probes, because it serves no port and its image contains only the program. */
export function discoverySidecar(image: string, args: readonly string[]): Record<string, unknown> {
  const folder = `${CONFIG_DIRECTORY}/${DISCOVERED}`;
  return {
    name: "gatus-sidecar",
    image,
    restartPolicy: "Always",
    args: [...args, `--output=${folder}/gatus-sidecar.yaml`],
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [{ name: DISCOVERED, mountPath: folder }],
  };
}

/**
 * k8s-sidecar, which writes the labelled ConfigMaps to files. It is healthy once the first listing is done, for as long as its watcher
 * runs.
 */
export function labelledSidecar(image: string): Record<string, unknown> {
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
  return {
    name: "k8s-sidecar",
    image,
    restartPolicy: "Always",
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [{ name: "labelled-health", containerPort: LABELLED_HEALTH_PORT, protocol: "TCP" }],
    startupProbe: { ...health, periodSeconds: 2, failureThreshold: 30 },
    readinessProbe: { ...health, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...health, periodSeconds: 10, failureThreshold: 3 },
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "192Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [{ name: LABELLED, mountPath: folder }],
  };
}
