import { rm } from "node:fs/promises";
import { temporaryFolder } from "../../../lib/temporary-folder.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { KubeClient } from "../../../kube/kube-client.ts";
import { describeObject, type KubeObject } from "../../../kube/objects.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { Helm } from "../../render/helm.ts";
import type { Progress } from "../../toolchain/progress.ts";
import { type ResolvedProgram, resolvePrograms } from "../../toolchain/resolve.ts";
import { waitUntil } from "../wait.ts";
import { certManager } from "./cert-manager.ts";
import { externalDns } from "./external-dns.ts";
import { ingressController } from "./ingress-controller.ts";
import { metricsServer } from "./metrics-server.ts";
import type { Neighbour } from "./neighbour.ts";
import { prometheus } from "./prometheus.ts";
import { isReady, reportsReadiness } from "./state.ts";

const HELM = "helm";

/** What most clusters have, in the order in which it is installed. */
export const NEIGHBOURS: readonly Neighbour[] = [
  metricsServer,
  certManager,
  prometheus,
  externalDns,
  ingressController,
];

/** The toolchain programs that {@link installNeighbours} and the neighbours' pods need. */
export const NEIGHBOUR_PROGRAMS: readonly string[] = programsFor(NEIGHBOURS);

/** The field manager of the neighbours' objects, as of releases that Helm 4 installs. */
export const NEIGHBOUR_MANAGER = "helm";

const READY_TIMEOUT_MS = 180_000;

/** Arguments of {@link installNeighbours}. */
export interface NeighboursArgs {
  readonly kubeconfig: string;
  readonly context: string;
  /** Default: all. */
  readonly neighbours?: readonly Neighbour[];
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Installs the neighbours on a cluster with real pods, and returns once they are ready. It can be called again.
 * @throws EdgefirstError if a program cannot be built, or a neighbour does not become ready in time
 */
export async function installNeighbours(args: NeighboursArgs): Promise<void> {
  const { kubeconfig, context, neighbours = NEIGHBOURS, progress, signal } = args;
  const { [HELM]: helm } = await resolvePrograms(programsFor(neighbours), { progress, signal });
  if (helm === undefined) throw new Error("Helm was not resolved");
  const names = neighbours.map(({ name }) => name).join(", ");
  progress(`${context}: installing ${names}`);
  const objects = await upstreamObjects(neighbours, helm);
  const cluster = new KubeClient({ kubeconfig, context });
  try {
    for (const object of objects) await apply(cluster, object, signal);
    for (const object of objects.filter(reportsReadiness)) await untilReady(cluster, object, signal);
  } finally {
    cluster.close();
  }
  progress(`${context}: ${names} are running`);
}

function programsFor(neighbours: readonly Neighbour[]): string[] {
  return [HELM, ...neighbours.flatMap(({ programs }) => programs)];
}

/** The objects of all neighbours: namespaces and definitions first, custom resources last. */
async function upstreamObjects(
  neighbours: readonly Neighbour[],
  program: ResolvedProgram,
): Promise<KubeObject[]> {
  const home = temporaryFolder("helm");
  try {
    const helm = new Helm(program.path, program.version, home);
    const objects = (await Promise.all(neighbours.map((neighbour) => neighbour.objects(helm)))).flat();
    const resources = await Promise.all(neighbours.map((neighbour) => neighbour.resources()));
    const isDefinition = ({ kind }: KubeObject): boolean => kind === "CustomResourceDefinition";
    return [
      ...neighbours.map(({ namespace }) => namespaceNamed(namespace)),
      ...objects.filter(isDefinition),
      ...objects.filter((object) => !isDefinition(object)),
      ...resources.flat(),
    ];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function namespaceNamed(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** Applies an object; repeatedly, while its kind is not served. */
async function apply(cluster: KubeClient, object: KubeObject, signal?: AbortSignal): Promise<void> {
  await untilTrue(
    `the API server to accept ${describeObject(object)}`,
    async () => {
      if (!(await cluster.serves(object.apiVersion, object.kind))) return false;
      await cluster.apply(object, { fieldManager: NEIGHBOUR_MANAGER, force: true });
      return true;
    },
    signal,
  );
}

async function untilReady(cluster: KubeClient, object: KubeObject, signal?: AbortSignal): Promise<void> {
  await untilTrue(
    `${describeObject(object)} to be ready`,
    async () => isReady(await cluster.get(object)),
    signal,
  );
}

/**
 * Waits until a check is true. Errors that pass count as false: a webhook that does not run yet, which the API server reports as its own error, and a request
 * that the API server of a busy machine does not answer in time.
 */
async function untilTrue(what: string, check: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  const checked = async (): Promise<boolean> => {
    try {
      return await check();
    } catch (error) {
      if (error instanceof EdgefirstError && !(error instanceof ApiError && error.status < 500)) return false;
      throw error;
    }
  };
  await waitUntil(what, checked, { timeoutMs: READY_TIMEOUT_MS, signal });
}
