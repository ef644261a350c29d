import { type ClusterState, adminApi } from "./cluster-state.ts";
import { readPodMode } from "./pod-mode.ts";

const NODE = "the node: its capacity is made up, and nothing is measured";

/** What a sandbox with simulated pods simulates. */
export const SIMULATED: readonly string[] = [
  "pods: Running and Ready without a process; Jobs complete at once",
  NODE,
  "LoadBalancer Services: an address without a listener",
  "PersistentVolumeClaims of class sandbox: bound, without storage",
];

/** What a sandbox with real pods simulates. */
export const SIMULATED_WITH_REAL_PODS: readonly string[] = [
  "pods: users, fsGroup, seccomp, limits and images; the annotation",
  "  edgefirst.dev/simulated on a pod lists what differs from a real node",
  NODE,
  "Gateways' certificates: self-signed, unless the Secret exists",
  "Services: TCP only; connections come from the node's address",
];

/** What these clusters simulate, in lines of at most 76 columns. */
export function simulatedIn(clusters: readonly ClusterState[]): readonly string[] {
  const isReal = ({ dir }: ClusterState): boolean => readPodMode(dir) === "real";
  if (clusters.every(isReal) && clusters.length > 0) return SIMULATED_WITH_REAL_PODS;
  if (!clusters.some(isReal)) return SIMULATED;
  const simulated = clusters.filter((cluster) => !isReal(cluster)).map(({ name }) => name);
  return [...SIMULATED_WITH_REAL_PODS, `all pods in ${simulated.join(", ")}; Jobs complete at once`];
}

interface Pod {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const COLUMNS = 76;

/** The containers without a local program, in ready clusters with real pods; lines of at most 76 columns. */
export async function podsWithoutProcess(clusters: readonly ClusterState[]): Promise<string[]> {
  const lines: string[] = [];
  for (const cluster of clusters.filter(({ dir }) => readPodMode(dir) === "real")) {
    const api = adminApi(cluster);
    const { items } = await api.call<{ items: Pod[] }>("GET", "/api/v1/pods");
    for (const { metadata } of items) {
      const parts = metadata.annotations?.["edgefirst.dev/simulated"] ?? "";
      for (const [, container] of parts.matchAll(/ontainers\[([^\]]+)\]: no process/g)) {
        const line = `${cluster.name}: no program for ${container ?? ""} in ${metadata.namespace}/${metadata.name}`;
        lines.push(line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line);
      }
    }
  }
  return lines;
}
