import { FRAGMENTS_DIRECTORY, FRAGMENTS_SCRIPT } from "./fragments.ts";
import type { LabelledNamespaces } from "./sidecar.ts";
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

/** Volume and folder of the file with the database URL. */
export const STORAGE = "storage";
/** Volume of the Secret with the database URL, which Gatus does not mount. */
export const DATABASE = "database";

/**
 * Writes the URL into a file of Gatus's configuration. If the URL were in an environment variable, every route could read it: Gatus expands `${…}` anywhere in
 * its configuration, including text from annotations. In the file, `$` is doubled, and JSON is valid YAML.
 */
const WRITE_STORAGE = [
  "import json, sys",
  'url = open(sys.argv[1]).read().strip().replace("$", "$$")',
  'open(sys.argv[2], "w").write(json.dumps({"storage": {"path": url}}))',
].join("\n");

/** Runs before Gatus, in k8s-sidecar's image, which has Python; a new URL takes effect when the pod restarts. */
export function storageWriter(image: string, key: string): Record<string, unknown> {
  const folder = `${CONFIG_DIRECTORY}/${STORAGE}`;
  const mounted = "/run/database";
  return {
    name: "storage-url",
    image,
    command: ["python", "-c", WRITE_STORAGE, `${mounted}/${key}`, `${folder}/storage.yaml`],
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: DATABASE, mountPath: mounted, readOnly: true },
      { name: STORAGE, mountPath: folder },
    ],
  };
}

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
    volumeMounts: [{ name: DISCOVERED, mountPath: folder }, TOKEN_MOUNT],
  };
}

/** Volumes of k8s-sidecar that Gatus does not mount. */
export const FRAGMENTS = "fragments";
export const SCRIPTS = "scripts";

/** Arguments of {@link labelledSidecar}. */
export interface LabelledSidecarArgs {
  readonly image: string;
  readonly namespaces: LabelledNamespaces;
  /** Keys of the endpoints in the stack's configuration, which no ConfigMap may use. */
  readonly reserved: readonly string[];
  /** Whether gatus-sidecar runs. Its endpoints take precedence. */
  readonly discovers: boolean;
}

/**
 * k8s-sidecar, which reads the labelled ConfigMaps, and a script that writes the valid endpoints in them to one file for Gatus. It is healthy from the first
 * complete listing on, for as long as its watcher runs.
 */
export function labelledSidecar(args: LabelledSidecarArgs): Record<string, unknown> {
  const { image, namespaces, reserved, discovers } = args;
  const folder = `${CONFIG_DIRECTORY}/${LABELLED}`;
  const discovered = `${CONFIG_DIRECTORY}/${DISCOVERED}`;
  const health = { httpGet: { path: "/healthz", port: "labelled-health" }, timeoutSeconds: 2 };
  const environment = {
    LABEL: LABELLED_CONFIG_MAP,
    NAMESPACE: namespaces === "all" ? "ALL" : namespaces.join(","),
    RESOURCE: "configmap",
    FOLDER: FRAGMENTS_DIRECTORY,
    UNIQUE_FILENAMES: "true",
    METHOD: "WATCH",
    HEALTH_PORT: String(LABELLED_HEALTH_PORT),
    SCRIPT: `/${SCRIPTS}/${FRAGMENTS_SCRIPT}`,
    OUTPUT: `${folder}/labelled.yaml`,
    RESERVED: JSON.stringify(reserved),
    ...(discovers && { DISCOVERED: `${discovered}/gatus-sidecar.yaml` }),
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
    volumeMounts: [
      { name: LABELLED, mountPath: folder },
      TOKEN_MOUNT,
      { name: FRAGMENTS, mountPath: FRAGMENTS_DIRECTORY },
      { name: SCRIPTS, mountPath: `/${SCRIPTS}`, readOnly: true },
      ...(discovers ? [{ name: DISCOVERED, mountPath: discovered, readOnly: true }] : []),
    ],
  };
}
