import { ALERTMANAGER_SERVICE, PROMETHEUS_SERVICE } from "../../tools/sandbox/neighbours/prometheus.ts";
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
