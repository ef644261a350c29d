import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ApiServer } from "../../kube/api-server.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { apiAs, type UserAccess, readAccess } from "./kubeconfig.ts";
import { type User } from "./pki.ts";
import { freePorts } from "./ports.ts";

/** A cluster's ports on 127.0.0.1, keyed by the program that listens on them. */
export interface Ports {
  readonly etcd: number;
  readonly "etcd-peer": number;
  readonly apiserver: number;
}

/** A sandbox cluster, running or not; stored in `<dir>/cluster.json`. */
export interface ClusterState {
  readonly name: string;
  /** The cluster's folder, `<sandbox>/clusters/<name>`. */
  readonly dir: string;
  /** The cluster's number within its sandbox, from 0 to 255. */
  readonly index: number;
  /** The ports stay the same across restarts, so that a copied kubeconfig keeps working. */
  readonly ports: Ports;
}

/** A cluster's folder, which holds its process records, logs and data. */
export function clusterDir(sandboxDir: string, name: string): string {
  return join(sandboxDir, "clusters", name);
}

/** URL of a cluster's API server. */
export function serverUrl(cluster: ClusterState): string {
  return `https://127.0.0.1:${cluster.ports.apiserver}`;
}

/** The folder with a cluster's keys and certificates. */
export function pkiDir(cluster: ClusterState): string {
  return join(cluster.dir, "pki");
}

/** The folder with the API server's certificate for aggregated APIs. */
export function frontProxyPkiDir(cluster: ClusterState): string {
  return join(cluster.dir, "pki-front-proxy");
}

/** Whether a cluster has its keys and certificates yet. */
export function hasPki(cluster: ClusterState): boolean {
  return existsSync(pkiDir(cluster));
}

/** The URL and credentials that one of a cluster's users needs to reach the API server. */
export function accessAs(cluster: ClusterState, user: User): UserAccess {
  return readAccess(cluster.name, serverUrl(cluster), pkiDir(cluster), user);
}

/** A client for a cluster's API server, authenticated as the administrator. */
export function adminApi(cluster: ClusterState): ApiServer {
  return apiAs(accessAs(cluster, "admin"));
}

/** The clusters that a sandbox has on disk, oldest first. */
export function readClusters(sandboxDir: string): ClusterState[] {
  const folder = join(sandboxDir, "clusters");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => readCluster(sandboxDir, name))
    .filter((cluster) => cluster !== undefined)
    .sort((a, b) => a.index - b.index);
}

/**
 * Creates the state, with free ports, of each named cluster that the sandbox does not have yet. Returns all named clusters.
 * @throws EdgefirstError if a name is not a DNS label.
 */
export async function ensureClusters(sandboxDir: string, names: readonly string[]): Promise<ClusterState[]> {
  const clusters = new Map(readClusters(sandboxDir).map((cluster) => [cluster.name, cluster]));
  for (const name of names) {
    if (clusters.has(name)) continue;
    if (!/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
      throw new EdgefirstError(
        `"${name}" is not a valid cluster name.`,
        "Use up to 40 lower-case letters, digits and hyphens, starting with a letter.",
      );
    }
    const others = [...clusters.values()];
    const index = Math.max(-1, ...others.map((cluster) => cluster.index)) + 1;
    const cluster = { name, dir: clusterDir(sandboxDir, name), index, ports: await portsNextTo(others) };
    clusters.set(name, writeCluster(cluster));
  }
  return [...new Set(names)].map((name) => clusters.get(name)).filter((cluster) => cluster !== undefined);
}

/** Gives a stopped cluster different ports, which are free. */
export async function changePorts(sandboxDir: string, cluster: ClusterState): Promise<ClusterState> {
  return writeCluster({ ...cluster, ports: await portsNextTo(readClusters(sandboxDir)) });
}

function readCluster(sandboxDir: string, name: string): ClusterState | undefined {
  const dir = clusterDir(sandboxDir, name);
  const path = join(dir, "cluster.json");
  // The path is not stored, so that a stopped sandbox can be moved.
  return existsSync(path)
    ? { ...(JSON.parse(readFileSync(path, "utf8")) as ClusterState), name, dir }
    : undefined;
}

function writeCluster(cluster: ClusterState): ClusterState {
  const { index, ports } = cluster;
  writeFileAtomic(join(cluster.dir, "cluster.json"), JSON.stringify({ index, ports }));
  return cluster;
}

async function portsNextTo(others: readonly ClusterState[]): Promise<Ports> {
  const taken = others.flatMap(({ ports }) => Object.values(ports) as number[]);
  const [etcd = 0, peer = 0, apiserver = 0] = await freePorts(3, taken);
  return { etcd, "etcd-peer": peer, apiserver };
}
