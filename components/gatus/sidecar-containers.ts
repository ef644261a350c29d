import { FILTER_PORT, FILTER_SCRIPT } from "./endpoint-filter.ts";
import type { LabelledNamespaces } from "./sidecar.ts";
import { LABELLED_CONFIG_MAP } from "../../kube/gatus-endpoints.ts";

/** Gatus reads every YAML file in this directory, which has one folder for each source of configuration. */
export const CONFIG_DIRECTORY = "/config";
/** Volume and folder for the endpoints that the filter has accepted. */
export const ENDPOINTS = "endpoints";
/** Volume for the endpoints that gatus-sidecar writes, which Gatus does not mount. */
export const DISCOVERED = "discovered";
const DISCOVERED_FILE = `/${DISCOVERED}/gatus-sidecar.yaml`;
/** Volume for the labelled ConfigMaps that k8s-sidecar writes, which Gatus does not mount. */
export const FRAGMENTS = "fragments";
/** Volume of the filter's script. */
export const SCRIPTS = "scripts";

/** Security context of every container in the pod. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** Volume with the ServiceAccount's token, which only the sidecars mount: Gatus itself needs no access to the API server. */
export const TOKEN = "token";
const TOKEN_MOUNT = {
  name: TOKEN,
  mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
  readOnly: true,
};

/** The same files as in an automatically mounted volume (https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken). */
export function tokenVolume(): Record<string, unknown> & { readonly name: string } {
  const ca = { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] };
  const namespace = { path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } };
  return {
    name: TOKEN,
    projected: {
      defaultMode: 0o440,
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
        { configMap: ca },
        { downwardAPI: { items: [namespace] } },
      ],
    },
  };
}

/** Not k8s-sidecar's default, 8080, which Gatus uses. */
const LABELLED_HEALTH_PORT = 8081;

/** gatus-sidecar. It has no probes, because it serves no port and its image contains only the program. */
export function discoverySidecar(image: string, args: readonly string[]): Record<string, unknown> {
  return {
    name: "gatus-sidecar",
    image,
    restartPolicy: "Always",
    args: [...args, `--output=${DISCOVERED_FILE}`],
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [{ name: DISCOVERED, mountPath: `/${DISCOVERED}` }, TOKEN_MOUNT],
  };
}

/** k8s-sidecar, which reads the labelled ConfigMaps. It is healthy from the first complete listing on, for as long as its watcher runs. */
export function labelledSidecar(image: string, namespaces: LabelledNamespaces): Record<string, unknown> {
  const environment = {
    LABEL: LABELLED_CONFIG_MAP,
    NAMESPACE: namespaces === "all" ? "ALL" : namespaces.join(","),
    RESOURCE: "configmap",
    FOLDER: `/${FRAGMENTS}`,
    UNIQUE_FILENAMES: "true",
    METHOD: "WATCH",
    HEALTH_PORT: String(LABELLED_HEALTH_PORT),
  };
  return {
    name: "k8s-sidecar",
    image,
    restartPolicy: "Always",
    env: variables(environment),
    ports: [{ name: "labelled-health", containerPort: LABELLED_HEALTH_PORT, protocol: "TCP" }],
    ...healthProbes("/healthz", "labelled-health"),
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "192Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [TOKEN_MOUNT, { name: FRAGMENTS, mountPath: `/${FRAGMENTS}` }],
  };
}

/** Arguments of {@link endpointFilter}. */
export interface EndpointFilterArgs {
  /** k8s-sidecar's image, which has Python. */
  readonly image: string;
  /** Keys of the endpoints in the stack's configuration, which no other endpoint may have. */
  readonly reserved: readonly string[];
  /** The plain HTTP port of each hostname without an HTTPS listener; 0 for the others. */
  readonly plainHttp: Readonly<Record<string, number>>;
  /** Whether gatus-sidecar runs. */
  readonly discovers: boolean;
  /** Whether k8s-sidecar runs. */
  readonly labelled: boolean;
}

/** The script that lets only valid endpoints reach Gatus. Its probes fail once it stops working. */
export function endpointFilter(args: EndpointFilterArgs): Record<string, unknown> {
  const { image, reserved, plainHttp, discovers, labelled } = args;
  const folder = `${CONFIG_DIRECTORY}/${ENDPOINTS}`;
  const environment = {
    OUTPUT: `${folder}/endpoints.yaml`,
    PORT: String(FILTER_PORT),
    RESERVED: JSON.stringify(reserved),
    ...(discovers && { DISCOVERED: DISCOVERED_FILE, PLAIN_HTTP: JSON.stringify(plainHttp) }),
    ...(labelled && { FRAGMENTS: `/${FRAGMENTS}` }),
  };
  const input = (name: string) => ({ name, mountPath: `/${name}`, readOnly: true });
  return {
    name: "endpoint-filter",
    image,
    restartPolicy: "Always",
    command: ["python", `/${SCRIPTS}/${FILTER_SCRIPT}`],
    env: variables(environment),
    ports: [{ name: "filter-health", containerPort: FILTER_PORT, protocol: "TCP" }],
    ...healthProbes("/", "filter-health"),
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: ENDPOINTS, mountPath: folder },
      input(SCRIPTS),
      ...(discovers ? [input(DISCOVERED)] : []),
      ...(labelled ? [input(FRAGMENTS)] : []),
    ],
  };
}

function variables(environment: Readonly<Record<string, string>>): Record<string, string>[] {
  return Object.entries(environment).map(([name, value]) => ({ name, value }));
}

function healthProbes(path: string, port: string): Record<string, unknown> {
  const health = { httpGet: { path, port }, timeoutSeconds: 2 };
  return {
    startupProbe: { ...health, periodSeconds: 2, failureThreshold: 30 },
    readinessProbe: { ...health, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...health, periodSeconds: 10, failureThreshold: 3 },
  };
}
