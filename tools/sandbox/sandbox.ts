import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { resolvePrograms } from "../toolchain/resolve.ts";
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

/** A sandbox: control planes on this machine, all on 127.0.0.1. */
export interface Sandbox {
  /** Absolute path of the folder that holds everything. */
  readonly dir: string;
  /** Path of a kubeconfig (mode 0600) with an administrator's context for each cluster, named like the cluster. */
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

/** What the operations on a sandbox have in common. */
interface Options {
  /** The sandbox's folder. */
  readonly dir: string;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link sandboxUp}. */
export interface UpOptions extends Options {
  /** Names of the clusters that shall run; others of the same sandbox are left as they are. */
  readonly clusters: readonly string[];
  /** Stop the clusters and give them other ports first. */
  readonly newPorts?: boolean;
  /**
   * Whether pods are processes in a private network, for images with a local program; `simulated` if absent. An agent that was started in another way
   * is ended first. See {@link choosePodMode} for whether they can be real.
   */
  readonly pods?: PodMode;
  /** `given`: do not make the Secrets that Gateways' listeners name and that are not there, as real pods have it otherwise. */
  readonly certificates?: CertificateMode;
}

/** Options of {@link sandboxDown}. */
export interface DownOptions extends Options {
  /** Names of the clusters to stop; all, and whatever else the sandbox runs, if absent. */
  readonly clusters?: readonly string[] | undefined;
  /** Delete what was stopped, with all its data. */
  readonly deleteData?: boolean;
}

/**
 * Brings up clusters and returns once all are ready. What runs is left alone, what died is started again; so it may be called at
 * any time, also by two processes at once. If it fails or is aborted, what it has started ends with it.
 * @throws EdgefirstError if a cluster does not get ready, or a port of its is taken.
 */
export async function sandboxUp(options: UpOptions): Promise<Sandbox> {
  const dir = resolve(options.dir);
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
 * Stops exactly what the sandbox has started, also after a crash of the launcher, and returns the processes that ran. The data
 * stays for the next {@link sandboxUp} unless `deleteData` is set.
 */
export async function sandboxDown(options: DownOptions): Promise<ProcessRecord[]> {
  const dir = resolve(options.dir);
  if (!isSandboxDir(dir)) return [];
  const stopped = await inSandboxDir(dir, options, async () => {
    const known = readClusters(dir).map(({ name }) => name);
    const names = options.clusters ?? known;
    for (const name of names.filter((wanted) => !known.includes(wanted)))
      options.progress(`${dir} has no cluster ${name}`);
    // What runs beside the clusters uses them, so it goes first.
    const others = options.clusters === undefined ? await stopAll(dir) : [];
    const ofClusters = await Promise.all(names.map((name) => stopAll(clusterDir(dir, name))));
    if (options.deleteData) deleteData(dir, options.clusters);
    return [...others, ...ofClusters.flat()];
  });
  removeIfEmpty(dir);
  return stopped;
}

/** How a cluster is told to those who use it. */
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

/** All clusters on disk have a context, also those that this call did not start. */
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
  // When one cluster fails, the others need not go on.
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal;
  const results = await Promise.allSettled(
    clusters.map((cluster) =>
      startCluster(cluster, {
        programs,
        pods: options.pods ?? "simulated",
        certificates: options.certificates ?? "made",
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

/** Before the lock is taken: a build may take minutes, and has a lock of its own. */
function resolveControlPlane({ progress, signal }: UpOptions): Promise<Programs> {
  return resolvePrograms(CONTROL_PLANE, { progress, signal });
}
