import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseManifest } from "../../../kube/manifest-source.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { moduleDirectory } from "../../toolchain/modules.ts";
import { programNamed } from "../../toolchain/program.ts";
import { PROGRAMS } from "../../toolchain/programs.ts";
import { pinnedVersion } from "../../toolchain/version.ts";
import { imageTag } from "./chart.ts";
import type { Neighbour } from "./neighbour.ts";

const NAMESPACE = "monitoring";
const MODULE = "prometheus-operator";
/** The operator with its CRDs, and what a Prometheus needs to find its targets. */
const MANIFESTS = [
  "bundle.yaml",
  "example/rbac/prometheus/prometheus-service-account.yaml",
  "example/rbac/prometheus/prometheus-cluster-role.yaml",
  "example/rbac/prometheus/prometheus-cluster-role-binding.yaml",
];

/** The labels by which Prometheus selects rules and monitors, as in a default installation of the chart kube-prometheus-stack. */
export const RULE_LABELS = { release: "kube-prometheus-stack" };

/** The Services that the operator creates for every Prometheus and every Alertmanager. */
export const PROMETHEUS_SERVICE = { name: "prometheus-operated", namespace: NAMESPACE, port: 9090 };
export const ALERTMANAGER_SERVICE = { name: "alertmanager-operated", namespace: NAMESPACE, port: 9093 };

/** The Prometheus operator, with a Prometheus and an Alertmanager that it runs. */
export const prometheus: Neighbour = {
  name: MODULE,
  namespace: NAMESPACE,
  programs: ["prometheus-operator", "prometheus-config-reloader", "prometheus", "alertmanager"],
  objects: async () => {
    const directory = await moduleDirectory(MODULE, "github.com/prometheus-operator/prometheus-operator");
    return (await Promise.all(MANIFESTS.map((file) => readUpstream(join(directory, file))))).flat();
  },
  resources: async () => [
    custom("Prometheus", {
      ...image("prometheus", await prometheusVersion()),
      serviceAccountName: "prometheus",
      scrapeInterval: "10s",
      ...selecting("rule", RULE_LABELS),
      ...selecting("serviceMonitor", RULE_LABELS),
      ...selecting("podMonitor", RULE_LABELS),
      alerting: {
        alertmanagers: [{ namespace: NAMESPACE, name: ALERTMANAGER_SERVICE.name, port: "web" }],
      },
    }),
    custom("Alertmanager", {
      ...image("alertmanager", await imageTag("alertmanager")),
      ...selecting("alertmanagerConfig"),
      alertmanagerConfigMatcherStrategy: { type: "None" },
    }),
  ],
};

/** The objects in one of upstream's manifests, which name the namespace `default` or none. */
async function readUpstream(path: string): Promise<KubeObject[]> {
  const text = await readFile(path, "utf8");
  const objects = parseManifest(text.replaceAll(/^( *namespace:) default$/gm, `$1 ${NAMESPACE}`), path);
  return objects.map((object) =>
    object.kind === "ServiceAccount"
      ? { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } }
      : object,
  );
}

/** Prometheus 3.16.0 is version 0.316.0 of its Go module. */
async function prometheusVersion(): Promise<string> {
  const { minor, patch } = await pinnedVersion(programNamed("prometheus", PROGRAMS));
  return `v${Math.floor(minor / 100)}.${minor % 100}.${patch}`;
}

function image(repository: string, version: string): object {
  return { image: `quay.io/prometheus/${repository}:${version}`, version };
}

/** The fields of a spec that select objects of a kind in all namespaces. */
function selecting(kind: string, matchLabels?: Readonly<Record<string, string>>): object {
  return {
    [`${kind}Selector`]: matchLabels === undefined ? {} : { matchLabels },
    [`${kind}NamespaceSelector`]: {},
  };
}

function custom(kind: string, spec: object): KubeObject {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind,
    metadata: { name: "sandbox", namespace: NAMESPACE },
    spec: { replicas: 1, ...spec },
  };
}
