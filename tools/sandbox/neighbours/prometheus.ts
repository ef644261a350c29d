import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseManifest } from "../../../kube/manifest-source.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { moduleDirectory } from "../../toolchain/modules.ts";
import type { Neighbour } from "./neighbour.ts";

const NAMESPACE = "monitoring";
const MODULE = "prometheus-operator";

/** What a person creates: the operator's custom resources, which select all rules and monitors. */
const RESOURCES: readonly KubeObject[] = [
  {
    ...custom("Prometheus"),
    spec: { replicas: 1, ruleSelector: {}, serviceMonitorSelector: {}, podMonitorSelector: {} },
  },
  { ...custom("Alertmanager"), spec: { replicas: 1, alertmanagerConfigSelector: {} } },
];

/**
 * The Prometheus operator with a Prometheus and an Alertmanager. Their pods are simulated, so the StatefulSets that the operator would make are among the objects.
 */
export const prometheus: Neighbour = {
  name: MODULE,
  namespace: NAMESPACE,
  programs: [],
  objects: async () => [
    ...(await operator()),
    workload("prometheus", "quay.io/prometheus/prometheus:v3.5.0"),
    workload("alertmanager", "quay.io/prometheus/alertmanager:v0.28.1"),
  ],
  resources: RESOURCES,
};

/** The manifest of the operator's releases, which names the namespace `default`, in the neighbour's namespace. */
async function operator(): Promise<KubeObject[]> {
  const module = await moduleDirectory(MODULE, "github.com/prometheus-operator/prometheus-operator");
  const path = join(module, "bundle.yaml");
  const text = await readFile(path, "utf8");
  return parseManifest(text.replaceAll(/^( *namespace:) default$/gm, `$1 ${NAMESPACE}`), path);
}

function custom(kind: string): KubeObject {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind,
    metadata: { name: "sandbox", namespace: NAMESPACE },
  };
}

/** The StatefulSet of a custom resource, named and labelled as by the operator. */
function workload(program: string, image: string): KubeObject {
  const labels = { "app.kubernetes.io/name": program, "app.kubernetes.io/managed-by": MODULE };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: `${program}-sandbox`, namespace: NAMESPACE, labels },
    spec: {
      replicas: 1,
      serviceName: `${program}-operated`,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: program, image }] } },
    },
  };
}
