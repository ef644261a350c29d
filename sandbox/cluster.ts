import { EdgefirstError } from "../errors.ts";
import { Api } from "./api.ts";
import { bootstrap } from "./bootstrap.ts";
import { type ClusterState, type Ports, accessAs, isFree, isListening, pkiDir } from "./cluster-state.ts";
import * as controlPlane from "./control-plane.ts";
import { createPki } from "./pki.ts";
import {
  type ProcessRecord,
  type ProcessSpec,
  findProcess,
  isAlive,
  startProcess,
  waitUntil,
} from "./processes.ts";

const READY_TIMEOUT_MS = 60_000;
const PORT_TIMEOUT_MS = 3_000;

/** What {@link startCluster} needs besides the cluster. */
export interface StartOptions {
  readonly programs: controlPlane.Programs;
  readonly progress: (line: string) => void;
  /** Told of each process that had to be started. */
  readonly started: (record: ProcessRecord) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts what does not run of one cluster and returns when the cluster is ready: the API server says so, the controllers made
 * the default ServiceAccount, and the node takes pods.
 * @throws EdgefirstError if a port is taken, a process dies or the time is up.
 */
export async function startCluster(cluster: ClusterState, options: StartOptions): Promise<void> {
  const begin = Date.now();
  await createPki(pkiDir(cluster), {
    node: controlPlane.nodeName(cluster),
    apiserverAddress: controlPlane.APISERVER_ADDRESS,
  });
  controlPlane.writeUserKubeconfigs(cluster);
  const { programs } = options;
  const running: ProcessRecord[] = [];
  const names: string[] = [];
  const ensure = async (spec: ProcessSpec, ...ports: (keyof Ports)[]): Promise<void> => {
    const known = findProcess(cluster.dir, spec.name);
    if (known !== undefined && isAlive(known)) {
      running.push(known);
      return;
    }
    options.signal?.throwIfAborted();
    for (const port of ports) await expectFree(cluster, port, options.signal);
    const record = await startProcess(cluster.dir, { ...spec, env: environment() });
    options.started(record);
    running.push(record);
    names.push(spec.name);
  };

  await ensure(controlPlane.etcd(cluster, programs), "etcd", "etcd-peer");
  await waitUntil(`etcd of ${cluster.name} to listen`, () => isListening(cluster.ports.etcd), {
    timeoutMs: READY_TIMEOUT_MS,
    signal: options.signal,
    alive: running,
  });
  await ensure(controlPlane.apiserver(cluster, programs), "apiserver");
  const api = new Api(accessAs(cluster, "admin"));
  const wait = (description: string, check: () => Promise<boolean>): Promise<boolean> =>
    waitUntil(`${description} of ${cluster.name}`, check, {
      timeoutMs: READY_TIMEOUT_MS,
      signal: options.signal,
      alive: running,
    });
  await wait("the API server", () => isReady(api));
  await bootstrap(api);
  await ensure(controlPlane.controllerManager(cluster, programs));
  await ensure(controlPlane.scheduler(cluster, programs));
  await ensure(controlPlane.agent(cluster));
  await wait("the controllers", () => hasDefaultServiceAccount(api));
  await wait("the node", () => takesPods(api, controlPlane.nodeName(cluster)));
  options.progress(
    names.length === 0
      ? `${cluster.name}: already runs`
      : `${cluster.name}: ready after ${((Date.now() - begin) / 1000).toFixed(1)} s (started ${names.join(", ")})`,
  );
}

/** No more than a program needs: the caller's environment may hold secrets, and settings that are not meant for it. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }) };
}

/** Whether an API server answers and calls itself ready. */
export async function isReady(api: Api): Promise<boolean> {
  try {
    await api.call("GET", "/readyz");
    return true;
  } catch {
    // Nothing listens yet, or it says 500 with what it still waits for.
    return false;
  }
}

async function hasDefaultServiceAccount(api: Api): Promise<boolean> {
  return (await api.find("/api/v1/namespaces/default/serviceaccounts/default")) !== undefined;
}

interface Node {
  readonly spec: { readonly taints?: readonly unknown[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function takesPods(api: Api, name: string): Promise<boolean> {
  const node = await api.find<Node>(`/api/v1/nodes/${name}`);
  const ready = node?.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  return ready === true && (node?.spec.taints ?? []).length === 0;
}

async function expectFree(cluster: ClusterState, use: keyof Ports, signal?: AbortSignal): Promise<void> {
  const port = cluster.ports[use];
  try {
    // A moment's patience: the port may be that of an outgoing connection which is about to end.
    await waitUntil(`port ${port}`, () => isFree(port), { timeoutMs: PORT_TIMEOUT_MS, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new EdgefirstError(
      `Port ${port} of 127.0.0.1, which belongs to ${use} of the sandbox cluster ${cluster.name}, is taken by another program.`,
      "End that program, or give the clusters other ports: edgefirst sandbox up --new-ports",
      { cause: error },
    );
  }
}
