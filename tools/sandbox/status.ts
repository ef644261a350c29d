import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type ClusterState, adminApi, hasPki, readClusters } from "./cluster-state.ts";
import { isReady } from "./cluster.ts";
import { CONTROL_PLANE } from "./control-plane.ts";
import { treeMemoryBytes } from "./process-tree.ts";
import { type ProcessRecord, findProcess, isAlive, listProcesses } from "./processes.ts";
import { isSandboxDir, kubeconfigPath } from "./sandbox-dir.ts";
import { type SandboxCluster, describeCluster } from "./sandbox.ts";
import { podsWithoutProcess, simulatedIn } from "./simulation-summary.ts";

/** The state of a sandbox. */
export interface SandboxStatus {
  readonly dir: string;
  /** Path of the kubeconfig; absent until a first `edgefirst sandbox up` has succeeded. */
  readonly kubeconfig?: string;
  readonly clusters: readonly ClusterStatus[];
  /** Processes that belong to no cluster. */
  readonly others: readonly ProcessStatus[];
  /** The memory used by all processes together. */
  readonly memoryBytes: number;
  readonly simulated: readonly string[];
}

/** The state of one cluster. */
export interface ClusterStatus extends SandboxCluster {
  /** `ready`: all processes are running and the API server is ready; `stopped`: no process is running; `degraded`: anything in between. */
  readonly state: "ready" | "degraded" | "stopped";
  readonly processes: readonly ProcessStatus[];
}

/** The state of one process. */
export interface ProcessStatus {
  readonly name: string;
  /** `ended`: the process exited without `edgefirst sandbox down`. */
  readonly state: "running" | "ended" | "stopped";
  /** Present only if the process is running. */
  readonly pid?: number;
  /** Includes the memory of all descendants; pods are descendants of the agent. */
  readonly memoryBytes: number;
}

/**
 * Reads the state of a sandbox without changing anything.
 * @throws EdgefirstError if the folder holds anything else or another version's sandbox, or cannot be read.
 */
export async function sandboxStatus(options: { readonly dir: string }): Promise<SandboxStatus> {
  const dir = resolve(options.dir);
  const states = isSandboxDir(dir) ? readClusters(dir) : [];
  const clusters = await Promise.all(states.map(clusterStatus));
  const ready = states.filter((_, index) => clusters[index]?.state === "ready");
  const others = listProcesses(dir).map((record) => processStatus(record.name, record));
  const kubeconfig = kubeconfigPath(dir);
  const processes = [...clusters.flatMap((cluster) => cluster.processes), ...others];
  return {
    dir,
    ...(existsSync(kubeconfig) && { kubeconfig }),
    clusters,
    others,
    memoryBytes: processes.reduce((sum, process) => sum + process.memoryBytes, 0),
    simulated: [...simulatedIn(states), ...(await podsWithoutProcess(ready))],
  };
}

async function clusterStatus(cluster: ClusterState): Promise<ClusterStatus> {
  const expected = [...CONTROL_PLANE, "agent"];
  const names = new Set([...expected, ...listProcesses(cluster.dir).map(({ name }) => name)]);
  const processes = [...names].map((name) => processStatus(name, findProcess(cluster.dir, name)));
  const running = processes.filter(({ state }) => state === "running").length;
  const ready = running === processes.length && hasPki(cluster) && (await isReady(adminApi(cluster)));
  return {
    ...describeCluster(cluster),
    state: ready ? "ready" : running === 0 ? "stopped" : "degraded",
    processes,
  };
}

function processStatus(name: string, record: ProcessRecord | undefined): ProcessStatus {
  if (record === undefined) return { name, state: "stopped", memoryBytes: 0 };
  if (!isAlive(record)) return { name, state: "ended", memoryBytes: 0 };
  return { name, state: "running", pid: record.pid, memoryBytes: treeMemoryBytes(record.pid) };
}
