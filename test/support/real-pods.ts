import { join } from "node:path";
import type { ApiServer } from "../../kube/api-server.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { ask as askNetwork, type HttpAnswer, type Question } from "../../tools/sandbox/network/ask.ts";
import { podLogs } from "../../tools/sandbox/logs.ts";
import { whyNoNetworks } from "../../tools/sandbox/network/namespaces.ts";
import { type Sandbox, sandboxUp } from "../../tools/sandbox/sandbox.ts";
import { findProgram } from "../../tools/toolchain/find.ts";
import { programNamed } from "../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../tools/toolchain/programs.ts";
import { apiOf, discard, START_TIMEOUT_MS, temporarySandboxDir } from "./sandbox.ts";
import { skip } from "./skip.ts";

/** The result of {@link useRealPods}. */
export interface RealPods {
  readonly sandbox: Sandbox;
  readonly api: ApiServer;
  /** The cluster's folder. */
  readonly dir: string;
  /** Requests a page from an address or a name in the cluster's network; status 0 if there is no response. */
  get(host: string, path: string, options?: Omit<Question, "path">): Promise<HttpAnswer>;
}

/** A pod whose program answers each request with what it was asked, and its Service on port 80, both with one name. */
export function whoami(name: string, namespace: string): readonly KubeObject[] {
  const metadata = { name, namespace };
  return [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata, labels: { app: name } },
      spec: { containers: [{ name, image: "docker.io/traefik/whoami:v1.11.0" }] },
    },
    { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
  ];
}

/**
 * A sandbox with real pods for one suite. Skips the suite, with the reason, if the machine does not allow private networks or one of
 * the programs would have to be built first.
 */
export function useRealPods(...programs: string[]): RealPods {
  let sandbox: Sandbox | undefined;
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    await requireRealPods(this, programs);
    const dir = temporarySandboxDir();
    sandbox = await sandboxUp({ dir, clusters: ["edge"], pods: "real", progress: () => undefined });
  });
  after(async function () {
    this.timeout(START_TIMEOUT_MS);
    if (sandbox) await discard(sandbox.dir);
  });
  const current = (): Sandbox => {
    if (sandbox === undefined) throw new Error("the sandbox exists only inside tests and hooks");
    return sandbox;
  };
  return {
    get sandbox() {
      return current();
    },
    get api() {
      return apiOf(current());
    },
    get dir() {
      return join(current().dir, "clusters", "edge");
    },
    get: (host, path, options) => ask(join(current().dir, "clusters", "edge"), host, path, options),
  };
}

/** What a pod's only container has printed since its last start. */
export async function printedBy(pod: string, { dir }: Sandbox): Promise<string> {
  const { signal } = new AbortController();
  const chunks: Buffer[] = [];
  for await (const chunk of podLogs({ dir, pod, follow: false, signal })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Skips a test if pods cannot be real on this machine, or only after a build. */
export async function requireRealPods(test: Mocha.Context, programs: readonly string[]): Promise<void> {
  const reason = await whyNoNetworks();
  if (reason !== undefined) skip(test, reason);
  for (const name of programs)
    if ((await findProgram(programNamed(name, PROGRAMS))) === undefined)
      skip(test, `${name} would have to be built first`);
}

/** Requests a page from an address or a name in a cluster's network; status 0 if there is no response. */
export async function ask(
  clusterDir: string,
  host: string,
  path: string,
  options: Omit<Question, "path"> = {},
): Promise<HttpAnswer> {
  try {
    return await askNetwork(clusterDir, host, { path, ...options });
  } catch (error) {
    return { status: 0, body: String(error) };
  }
}
