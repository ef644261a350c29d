import type { KubeClient } from "../../kube/kube-client.ts";
import {
  ALERTMANAGER_SERVICE,
  PROMETHEUS_SERVICE,
  RULE_LABELS,
} from "../../tools/sandbox/neighbours/prometheus.ts";
import { waitUntil, type WaitOptions } from "../../tools/sandbox/wait.ts";
import { ask } from "../support/real-pods.ts";

// What the neighbours' Prometheus and Alertmanager report about themselves (prometheus.io/docs/prometheus/latest/querying/api).

/** The rules that Prometheus has loaded, as `<group> <rule> <health>`. */
export async function loadedRules(clusterDir: string): Promise<string[]> {
  const { groups } = await read<{ groups: { name: string; rules: { name: string; health: string }[] }[] }>(
    clusterDir,
    "rules",
  );
  return groups.flatMap((group) => group.rules.map(({ name, health }) => `${group.name} ${name} ${health}`));
}

/** The targets that Prometheus reads metrics from, as `<scrape pool> <health>`. */
export async function activeTargets(clusterDir: string): Promise<string[]> {
  const { activeTargets: targets } = await read<{ activeTargets: { scrapePool: string; health: string }[] }>(
    clusterDir,
    "targets?state=active",
  );
  return targets.map(({ scrapePool, health }) => `${scrapePool} ${health}`);
}

/** Whether a query has a result. */
export async function hasSamples(clusterDir: string, query: string): Promise<boolean> {
  const { result } = await read<{ result: unknown[] }>(
    clusterDir,
    `query?query=${encodeURIComponent(query)}`,
  );
  return result.length > 0;
}

/** Alertmanager's configuration, as YAML. */
export async function alertmanagerConfiguration(clusterDir: string): Promise<string> {
  const answer = (await get(clusterDir, ALERTMANAGER_SERVICE, "/api/v2/status")) as {
    config: { original: string };
  };
  return answer.config.original;
}

/** The receivers to which Alertmanager routes alerts that fire in a namespace without the platform, by their severity. */
export async function receiversOfAlerts(
  cluster: KubeClient,
  clusterDir: string,
  wait: WaitOptions,
): Promise<Record<string, readonly string[]>> {
  const severities = ["critical", "warning"];
  const rules = severities.map((severity) => ({
    alert: `Always-${severity}`,
    expr: "vector(1)",
    labels: { severity, namespace: "elsewhere" },
  }));
  const object = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "always", namespace: "default", labels: RULE_LABELS },
    spec: { groups: [{ name: "always", rules }] },
  };
  await cluster.apply(object, { fieldManager: "test" });
  const routed = await waitUntil(
    "Alertmanager to receive both alerts",
    async () => {
      const alerts = await routedAlerts(clusterDir);
      const own = alerts.filter(({ labels }) => rules.some(({ alert }) => alert === labels.alertname));
      return own.length === rules.length && own;
    },
    wait,
  );
  await cluster.delete(object);
  return Object.fromEntries(
    routed.map(({ labels, receivers }) => [labels.severity, receivers.map(({ name }) => name)]),
  );
}

interface RoutedAlert {
  readonly labels: { readonly alertname: string; readonly severity: string };
  readonly receivers: readonly { readonly name: string }[];
}

async function routedAlerts(clusterDir: string): Promise<readonly RoutedAlert[]> {
  return (await get(clusterDir, ALERTMANAGER_SERVICE, "/api/v2/alerts")) as RoutedAlert[];
}

async function read<T>(clusterDir: string, path: string): Promise<T> {
  const { data } = (await get(clusterDir, PROMETHEUS_SERVICE, `/api/v1/${path}`)) as { data: T };
  return data;
}

async function get(
  clusterDir: string,
  { name, namespace, port }: typeof PROMETHEUS_SERVICE,
  path: string,
): Promise<unknown> {
  const { status, body } = await ask(clusterDir, `${name}.${namespace}.svc.cluster.local`, path, { port });
  if (status !== 200) throw new Error(`${name}: ${status} ${body}`);
  return JSON.parse(body);
}
