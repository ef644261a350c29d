import { mkdir } from "node:fs/promises";
import { request } from "node:http";
import { join, resolve } from "node:path";
import { meets } from "../../kube/conditions.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { resolvePrograms } from "../toolchain/resolve.ts";
import type { Progress } from "../toolchain/progress.ts";
import { clusterDir } from "./cluster-state.ts";
import { fluxDefinitions } from "./flux-definitions.ts";
import { readKubeconfig, writeKubeconfig } from "./kubeconfig.ts";
import { waitUntil } from "./processes.ts";
import { inSandboxDir } from "./sandbox-dir.ts";
import { ensureService } from "./service.ts";
import { SMALL_HEAP } from "./small-heap.ts";

/** The cluster to run Flux in, and how to reach it. */
export interface FluxOptions {
  /** The sandbox's folder. */
  readonly dir: string;
  /** The cluster's name. The controllers are recorded in the cluster's folder and stop with the cluster. */
  readonly cluster: string;
  readonly kubeconfig: string;
  readonly context: string;
  /** Whether to run helm-controller as well; without it, HelmReleases are not reconciled. */
  readonly helm?: true;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** The namespace that `flux install` uses. */
export const FLUX_NAMESPACE = "flux-system";

/** The controllers, by the name that their module and program share. */
export const FLUX_CONTROLLERS = ["source-controller", "kustomize-controller", "helm-controller"] as const;
type Controller = (typeof FLUX_CONTROLLERS)[number];
const START_TIMEOUT_MS = 60_000;
const FIELD_MANAGER = "edgefirst-sandbox";

/**
 * Applies Flux's namespace and CRDs, in the versions that the toolchain pins. Returns once the CRDs are served.
 * @throws EdgefirstError if they cannot be downloaded, or the cluster rejects them.
 */
export async function installFluxCrds(kubeconfig: string, context: string): Promise<void> {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: FLUX_NAMESPACE } };
  const crds = (await Promise.all(FLUX_CONTROLLERS.map((name) => fluxDefinitions(name)))).flat();
  const cluster = new KubeClient({ kubeconfig, context });
  try {
    for (const object of [namespace, ...crds])
      await cluster.apply(object, { fieldManager: FIELD_MANAGER, force: true });
    await waitUntil(
      "Flux's CustomResourceDefinitions",
      async () =>
        (await Promise.all(crds.map((crd) => cluster.get(crd)))).every((crd) => meets(crd, "Established")),
      { timeoutMs: START_TIMEOUT_MS },
    );
  } finally {
    cluster.close();
  }
}

/** Creates the Secret with Flux's age key for decryption, as you would when bootstrapping a cluster. */
export async function putAgeKey(kubeconfig: string, context: string, identity: string): Promise<void> {
  const cluster = new KubeClient({ kubeconfig, context });
  try {
    await cluster.apply(
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "sops-age", namespace: FLUX_NAMESPACE },
        stringData: { "age.agekey": identity },
      },
      { fieldManager: FIELD_MANAGER, force: true },
    );
  } finally {
    cluster.close();
  }
}

/**
 * Starts Flux's controllers as local processes with administrator access to the cluster, unless they are running. Returns once all
 * are ready.
 * @throws EdgefirstError if one exits or is not ready in time.
 */
export async function startFlux(options: FluxOptions): Promise<void> {
  const names = FLUX_CONTROLLERS.filter((name) => options.helm === true || name !== "helm-controller");
  const programs = await resolvePrograms(names, options);
  await installFluxCrds(options.kubeconfig, options.context);
  await inSandboxDir(resolve(options.dir), options, () => startControllers(programs, options));
  options.progress(`${options.cluster}: Flux is running`);
}

async function startControllers(
  programs: Readonly<Partial<Record<Controller, { readonly path: string }>>>,
  options: FluxOptions,
): Promise<void> {
  const dir = clusterDir(resolve(options.dir), options.cluster);
  const kubeconfig = join(dir, "kubeconfigs", "flux");
  writeKubeconfig(kubeconfig, [readKubeconfig(options.kubeconfig, options.context)]);
  const storage = join(dir, "flux");
  await mkdir(storage, { recursive: true });
  const start = (name: Controller, command: string): Promise<unknown> =>
    ensureService(
      dir,
      {
        name,
        command,
        env: { ...SMALL_HEAP, KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: FLUX_NAMESPACE },
        ports: name === "source-controller" ? ["health", "storage"] : ["health"],
        args: (ports) => [
          ...controllerFlags(ports.health),
          ...(name === "source-controller" ? storageFlags(storage, ports.storage) : []),
        ],
        ready: (ports) => isHealthy(ports.health),
        timeoutMs: START_TIMEOUT_MS,
      },
      options.signal,
    );
  for (const [name, { path }] of Object.entries(programs)) await start(name as Controller, path);
}

function storageFlags(directory: string, port: number): string[] {
  const address = `127.0.0.1:${port}`;
  return [`--storage-path=${directory}`, `--storage-addr=${address}`, `--storage-adv-addr=${address}`];
}

function controllerFlags(health: number): string[] {
  return [
    `--health-addr=127.0.0.1:${health}`,
    "--metrics-addr=0",
    "--watch-all-namespaces=true",
    "--requeue-dependency=1s",
    "--log-level=info",
  ];
}

/** Whether a program built with controller-runtime reports that it is ready. */
function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: "127.0.0.1", port, path: "/readyz" }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", () => {
        resolve(false);
      })
      .end();
  });
}
