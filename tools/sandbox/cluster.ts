import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { meets } from "../../kube/conditions.ts";
import type { ApiServer } from "../../kube/api-server.ts";
import { bootstrap } from "./bootstrap.ts";
import { type ClusterState, adminApi, frontProxyPkiDir, pkiDir } from "./cluster-state.ts";
import * as controlPlane from "./control-plane.ts";
import { APISERVER_ADDRESS } from "./network/cluster-addresses.ts";
import { createFrontProxyPki, createPki } from "./pki.ts";
import { type PodMode, writePodMode } from "./pod-mode.ts";
import { isListening } from "./ports.ts";
import { findProcess, type ProcessSpec, stopProcess } from "./processes.ts";
import { Startup, type StartupOptions } from "./startup.ts";

const READY_MARKER = "was-ready";

/**
 * Starts the missing processes of one cluster and returns when the cluster is ready: the API server reports it, the default ServiceAccount
 * exists, and the node accepts pods.
 * @throws EdgefirstError if a port is taken, a process exits or the cluster is not ready in time.
 */
export async function startCluster(
  cluster: ClusterState,
  options: StartupOptions & {
    readonly programs: controlPlane.Programs;
    readonly pods: PodMode;
    readonly certificates: controlPlane.CertificateMode;
  },
): Promise<void> {
  const { programs, progress } = options;
  const begin = Date.now();
  await createPki(pkiDir(cluster), {
    node: controlPlane.nodeName(cluster),
    apiserverAddress: APISERVER_ADDRESS,
  });
  await createFrontProxyPki(frontProxyPkiDir(cluster));
  controlPlane.writeUserKubeconfigs(cluster);
  controlPlane.writeEgressFile(cluster);

  const startup = new Startup(cluster, options);
  await startup.checkPorts("etcd", ["etcd", "etcd-peer"]);
  await startup.checkPorts("kube-apiserver", ["apiserver"]);
  if (!startup.isRunning("etcd") && !wasReady(cluster)) discardEtcdData(cluster);
  await startup.ensure(controlPlane.etcd(cluster, programs));
  await startup.wait("etcd", () => isListening(cluster.ports.etcd));
  await startup.ensure(controlPlane.apiserver(cluster, programs));
  const api = adminApi(cluster);
  await startup.wait("the API server", () => isReady(api));
  await bootstrap(api);
  markReady(cluster);
  await startup.ensure(controlPlane.controllerManager(cluster, programs));
  await startup.ensure(controlPlane.scheduler(cluster, programs));
  const agent = controlPlane.agent(cluster, options.pods, options.certificates);
  await stopOutdatedAgent(cluster, agent);
  writePodMode(cluster.dir, options.pods);
  await startup.ensure(agent);
  await startup.wait("the controllers", () => hasDefaultServiceAccount(api));
  await startup.wait("the node", () => takesPods(api, controlPlane.nodeName(cluster)));

  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  const { names } = startup;
  progress(
    names.length === 0
      ? `${cluster.name}: already running`
      : `${cluster.name}: ready after ${seconds} s (${names.join(", ")})`,
  );
}

/** Stops an agent that was started with different arguments, such as the other pod mode, or before gatus-sidecar was installed. */
async function stopOutdatedAgent({ dir }: ClusterState, wanted: ProcessSpec): Promise<void> {
  const agent = findProcess(dir, "agent");
  if (agent !== undefined && !isDeepStrictEqual(agent.args, wanted.args)) await stopProcess(agent);
}

/** Whether the cluster's API server has ever been ready. */
function wasReady(cluster: ClusterState): boolean {
  return existsSync(join(cluster.dir, READY_MARKER));
}

function markReady(cluster: ClusterState): void {
  writeFileAtomic(join(cluster.dir, READY_MARKER), "");
}

/** An etcd that was killed during its first start has a log without members and never serves again. */
function discardEtcdData(cluster: ClusterState): void {
  rmSync(controlPlane.etcdData(cluster), { recursive: true, force: true });
}

/** Whether an API server responds and reports that it is ready. */
export async function isReady(api: ApiServer): Promise<boolean> {
  try {
    await api.call("GET", "/readyz");
    return true;
  } catch {
    // The API server is not listening yet, or it responds with 500 and a list of the checks that still fail.
    return false;
  }
}

async function hasDefaultServiceAccount(api: ApiServer): Promise<boolean> {
  return (await api.find("/api/v1/namespaces/default/serviceaccounts/default")) !== undefined;
}

interface Node {
  readonly spec: { readonly taints?: readonly unknown[] };
  readonly status: object;
}

async function takesPods(api: ApiServer, name: string): Promise<boolean> {
  const node = await api.find<Node>(`/api/v1/nodes/${name}`);
  return meets(node, "Ready") && (node?.spec.taints ?? []).length === 0;
}
