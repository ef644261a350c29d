import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { resolvePrograms } from "../toolchain/resolve.ts";
import type { Progress } from "../toolchain/progress.ts";
import { startCluster } from "./cluster.ts";
import {
  type ClusterState,
  accessAs,
  changePorts,
  clusterDir,
  ensureClusters,
  hasPki,
  readClusters,
  serverUrl,
} from "./cluster-state.ts";
import { type CertificateMode, CONTROL_PLANE, type Programs } from "./control-plane.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { type PodMode } from "./pod-mode.ts";
import { type ProcessRecord, stopAll, stopProcess } from "./processes.ts";
import { emptySandboxDir, inSandboxDir, isSandboxDir, kubeconfigPath, removeIfEmpty } from "./sandbox-dir.ts";

/** A sandbox: control planes on 127.0.0.1. */
export interface Sandbox {
  /** The absolute path of the folder that holds everything. */
  readonly dir: string;
  /** The path of a kubeconfig (mode 0600) with one administrator context per cluster, named after the cluster. */
  readonly kubeconfig: string;
  readonly clusters: readonly SandboxCluster[];
}

/** One cluster of a {@link Sandbox}. */
export interface SandboxCluster {
  readonly name: string;
  readonly context: string;
  /** URL of the API server. */
  readonly server: string;
}

/** Options for all operations on a sandbox. */
interface Options {
  /** The sandbox's folder. */
  readonly dir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link sandboxUp}. */
export interface UpOptions extends Options {
  /** Names of the clusters to start; other clusters in the same sandbox are left alone. */
  readonly clusters: readonly string[];
  /** Whether to stop the clusters first and give them other ports. */
  readonly newPorts?: boolean;
  /**
   * Default: `simulated`. An agent that runs in the other mode is restarted. {@link choosePodMode} checks whether real pods are
   * possible.
   */
  readonly pods?: PodMode;
  /** Default: `self-signed`. Applies only to real pods. */
  readonly certificates?: CertificateMode;
}

/** Options of {@link sandboxDown}. */
export interface DownOptions extends Options {
  /** Names of the clusters to stop; by default, all clusters and everything else that the sandbox runs. */
  readonly clusters?: readonly string[] | undefined;
  /** Whether to also delete the data of whatever is stopped. */
  readonly deleteData?: boolean;
}

/**
 * Brings up clusters and returns once all are ready. Running processes are left alone and exited ones restarted, so it can be called at any
 * time, even by two processes at once. If it fails or is aborted, it stops what it has started.
 * @throws EdgefirstError if a cluster is not ready in time, or one of its ports is taken.
 */
export async function sandboxUp(options: UpOptions): Promise<Sandbox> {
  const dir = resolve(options.dir);
  // A folder that cannot be used must not be reported only after minutes of building.
  isSandboxDir(dir);
  const programs = await resolveControlPlane(options);
  return inSandboxDir(dir, options, async () => {
    let clusters = await ensureClusters(dir, options.clusters);
    if (options.newPorts)
      clusters = await Promise.all(clusters.map((cluster) => moveToNewPorts(dir, cluster)));
    await startAll(clusters, programs, options);
    writeAdminKubeconfig(dir);
    return { dir, kubeconfig: kubeconfigPath(dir), clusters: clusters.map(describeCluster) };
  });
}

/**
 * Stops exactly the processes that the sandbox has started, even if the launcher crashed, and returns those that were running. The data is
 * kept for the next {@link sandboxUp} unless `deleteData` is set.
 */
export async function sandboxDown(options: DownOptions): Promise<ProcessRecord[]> {
  const dir = resolve(options.dir);
  if (!isSandboxDir(dir)) return [];
  const stopped = await inSandboxDir(dir, options, async () => {
    const known = readClusters(dir).map(({ name }) => name);
    const names = options.clusters ?? known;
    for (const name of names.filter((wanted) => !known.includes(wanted)))
      options.progress(`${dir} has no cluster ${name}`);
    // Processes outside the clusters are stopped first, because they use the clusters.
    const others = options.clusters === undefined ? await stopAll(dir) : [];
    const ofClusters = await Promise.all(names.map((name) => stopAll(clusterDir(dir, name))));
    if (options.deleteData) deleteData(dir, options.clusters);
    return [...others, ...ofClusters.flat()];
  });
  removeIfEmpty(dir);
  return stopped;
}

/** The part of a cluster's state that callers see. */
export function describeCluster(cluster: ClusterState): SandboxCluster {
  return { name: cluster.name, context: cluster.name, server: serverUrl(cluster) };
}

function deleteData(dir: string, clusters: readonly string[] | undefined): void {
  if (clusters === undefined) {
    emptySandboxDir(dir);
    return;
  }
  for (const name of clusters) rmSync(clusterDir(dir, name), { recursive: true, force: true });
  writeAdminKubeconfig(dir);
}

/** Every cluster on disk gets a context, even one that this call did not start. */
function writeAdminKubeconfig(dir: string): void {
  const clusters = readClusters(dir).filter(hasPki);
  writeKubeconfig(
    kubeconfigPath(dir),
    clusters.map((cluster) => accessAs(cluster, "admin")),
  );
}

async function moveToNewPorts(dir: string, cluster: ClusterState): Promise<ClusterState> {
  await stopAll(cluster.dir);
  return changePorts(dir, cluster);
}

async function startAll(
  clusters: readonly ClusterState[],
  programs: Programs,
  options: UpOptions,
): Promise<void> {
  const started: ProcessRecord[] = [];
  // If one cluster fails, the start of the others is aborted.
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal;
  const results = await Promise.allSettled(
    clusters.map((cluster) =>
      startCluster(cluster, {
        programs,
        pods: options.pods ?? "simulated",
        certificates: options.certificates ?? "self-signed",
        signal,
        progress: options.progress,
        started: (record) => started.push(record),
      }).catch((error: unknown) => {
        failure.abort(error);
        throw error;
      }),
    ),
  );
  if (results.every(({ status }) => status === "fulfilled")) return;
  for (const record of started.reverse()) await stopProcess(record);
  throw signal.reason;
}

/** Called before the lock is taken: a build may take minutes and has its own lock. */
function resolveControlPlane({ progress, signal }: UpOptions): Promise<Programs> {
  return resolvePrograms(CONTROL_PLANE, { progress, signal });
}
