import type { ClusterReader, Finding } from "../../kube/client.ts";
import { selects, type LabelSelector } from "../../kube/label-selector.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";

/** Namespace and labels of the objects that Prometheus and Alertmanager have to read. */
export interface Selectable {
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
  /** The namespace's labels. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

/** Labels that a namespace has, or will have once it is created. */
export async function namespaceLabels(name: string, cluster: ClusterReader): Promise<Record<string, string>> {
  const live = await cluster.get({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return { "kubernetes.io/metadata.name": name, ...live?.metadata.labels };
}

/**
 * Whether a Prometheus or an Alertmanager reads our objects, according to two fields of its spec. Without a selector, it reads none; without a namespace
 * selector, it reads only its own namespace (prometheus-operator, API reference of `ruleSelector`).
 */
export function isRead(
  reader: KubeObject,
  field: string,
  { labels, namespace, namespaceLabels }: Selectable,
) {
  const spec = (reader.spec ?? {}) as Readonly<Record<string, LabelSelector | undefined>>;
  const selector = spec[`${field}Selector`];
  const namespaces = spec[`${field}NamespaceSelector`];
  return (
    selector !== undefined &&
    selects(selector, labels) &&
    (namespaces === undefined
      ? reader.metadata.namespace === namespace
      : selects(namespaces, namespaceLabels))
  );
}

const READ = [
  ["rule", "PrometheusRule", "no alert would be raised"],
  ["podMonitor", "PodMonitor", "the metrics of Traefik and Gatus would be missing"],
] as const;

/** Reports rules and monitors that no Prometheus of the operator would read, and what to set so that one reads them. */
export function selectionFindings(ours: Selectable, prometheuses: readonly KubeObject[]): Finding[] {
  // Without any Prometheus resource, something else may read the rules, such as an agent of a hosted service.
  if (prometheuses.length === 0) return [];
  return READ.flatMap(([field, kind, consequence]): Finding[] => {
    if (prometheuses.some((prometheus) => isRead(prometheus, field, ours))) return [];
    return [
      {
        severity: "warning",
        message: `No Prometheus on the cluster reads the ${kind} in ${ours.namespace}: ${consequence}.`,
        hint: prometheuses.map((prometheus) => remedy(prometheus, field, ours)).join(" Or: "),
      },
    ];
  });
}

function remedy(prometheus: KubeObject, field: string, { labels, namespace, namespaceLabels }: Selectable) {
  const spec = (prometheus.spec ?? {}) as Readonly<Record<string, LabelSelector | undefined>>;
  const name = describeObject(prometheus);
  const selector = spec[`${field}Selector`];
  if (selector === undefined) return `Set ${field}Selector in the spec of ${name} ({} selects all).`;
  const namespaces = spec[`${field}NamespaceSelector`];
  if (
    !(namespaces === undefined
      ? prometheus.metadata.namespace === namespace
      : selects(namespaces, namespaceLabels))
  )
    return `${name} does not read the namespace ${namespace}: set alerting.namespace to ${prometheus.metadata.namespace ?? ""}, or ${field}NamespaceSelector in its spec ({} selects all).`;
  const missing = Object.entries(selector.matchLabels ?? {}).filter(([key, value]) => labels[key] !== value);
  return missing.length > 0
    ? `${name} selects by label: set alerting.ruleLabels to ${JSON.stringify(Object.fromEntries(missing))}.`
    : `Set alerting.ruleLabels to labels that ${field}Selector of ${name} selects.`;
}
