import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ApiServer } from "../../kube/api-server.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { identify, isAlive, type ProcessIdentity } from "../../lib/process-identity.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { listProcesses } from "../../tools/sandbox/processes.ts";
import { type Sandbox, sandboxDown, sandboxUp } from "../../tools/sandbox/sandbox.ts";
import { apiAs, readKubeconfig } from "../../tools/sandbox/kubeconfig.ts";

/** Long enough for two control planes on two busy cores. */
export const START_TIMEOUT_MS = 120_000;

const PREFIX = "edgefirst-test-sandbox-";
/** Names the mocha run that owns a folder. */
const OWNER = "owner.json";
const silent = (): void => undefined;
const used = new Set<string>();
let shared: Promise<Sandbox> | undefined;

/**
 * The sandbox with clusters `edge` and `main` that all suites of a file share, and all files of a run without parallel jobs. It starts at the first call and stops
 * after the last test. Give the calling hook {@link START_TIMEOUT_MS}, and use separate namespaces and stacks.
 */
export function sharedSandbox(): Promise<Sandbox> {
  shared ??= startTemporary(["edge", "main"]);
  return shared;
}

/** A client of cluster `edge` of the shared sandbox, which gets this namespace. */
export async function sharedClient(namespace: string): Promise<KubeClient> {
  const { kubeconfig } = await sharedSandbox();
  const client = new KubeClient({ kubeconfig, context: "edge" });
  await client.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { fieldManager: "test" },
  );
  return client;
}

/** A sandbox for one suite, started before its tests and stopped after them. */
export function useSandbox(...clusters: string[]): {
  readonly sandbox: Sandbox;
  api(cluster?: string): ApiServer;
} {
  let sandbox: Sandbox | undefined;
  const current = (): Sandbox => {
    if (sandbox === undefined) throw new Error("the sandbox exists only inside tests and hooks");
    return sandbox;
  };
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    sandbox = await startTemporary(clusters);
  });
  after(async function () {
    this.timeout(START_TIMEOUT_MS);
    if (sandbox) await discard(sandbox.dir);
  });
  return {
    get sandbox() {
      return current();
    },
    api: (cluster) => apiOf(current(), cluster ?? clusters[0]),
  };
}

/** The API server of one cluster of a sandbox (by default the first), as administrator. */
export function apiOf(sandbox: Sandbox, cluster?: string): ApiServer {
  return apiAs(readKubeconfig(sandbox.kubeconfig, cluster));
}

/** A folder for a sandbox that is stopped and removed at the end of the mocha run in any case. */
export function temporarySandboxDir(): string {
  const parent = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileAtomic(join(parent, OWNER), JSON.stringify(identify(process.pid)));
  const dir = join(parent, "sandbox");
  used.add(dir);
  return dir;
}

/** Stops the sandbox in a folder and removes the folder. */
export async function discard(dir: string): Promise<void> {
  await sandboxDown({ dir, progress: silent, deleteData: true });
  rmSync(dirname(dir), { recursive: true, force: true });
  used.delete(dir);
}

/** Stops every sandbox that was started; called by the root hook, which mocha's parallel jobs run after each file. */
export async function discardAll(): Promise<void> {
  shared = undefined;
  await Promise.all([...used].map(discard));
}

/** Kills them synchronously, for an interrupted run. */
export function killAll(): void {
  for (const dir of used) {
    const clusters = join(dir, "clusters");
    const folders = existsSync(clusters) ? readdirSync(clusters).map((name) => join(clusters, name)) : [];
    for (const record of [dir, ...folders].flatMap(listProcesses)) {
      if (isAlive(record)) process.kill(record.pid, "SIGKILL");
    }
    rmSync(dirname(dir), { recursive: true, force: true });
  }
}

/** Stops the sandboxes of earlier, killed runs. */
export async function discardAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const owner = join(tmpdir(), name, OWNER);
    if (!existsSync(owner) || isAlive(JSON.parse(readFileSync(owner, "utf8")) as ProcessIdentity)) continue;
    await discard(join(tmpdir(), name, "sandbox"));
  }
}

async function startTemporary(clusters: readonly string[]): Promise<Sandbox> {
  await discardAbandoned();
  return sandboxUp({ dir: temporarySandboxDir(), clusters, progress: silent });
}
