import { mkdir, readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { KubeClient } from "../cluster/kube-client.ts";
import type { KubeObject } from "../cluster/objects.ts";
import { moduleDirectory } from "../toolchain/modules.ts";
import { resolvePrograms } from "../toolchain/resolve.ts";
import { clusterDir } from "./cluster-state.ts";
import { readKubeconfig, writeKubeconfig } from "./kubeconfig.ts";
import { waitUntil } from "./processes.ts";
import { inSandboxDir } from "./sandbox-dir.ts";
import { ensureService } from "./service.ts";

/** Which cluster, and how it is reached. */
export interface FluxOptions {
  /** The sandbox's folder. */
  readonly dir: string;
  /** The cluster's name: the controllers are recorded in its folder, and end with it. */
  readonly cluster: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The namespace of Flux, as `flux install` has it. */
export const FLUX_NAMESPACE = "flux-system";

/** The Go modules whose CustomResourceDefinitions a sandbox has; helm-controller itself does not run there. */
const CRD_MODULES = ["source-controller", "kustomize-controller", "helm-controller"] as const;
const CONTROLLERS = ["source-controller", "kustomize-controller"] as const;
const START_TIMEOUT_MS = 60_000;

/**
 * Applies Flux's CustomResourceDefinitions, of the versions that the toolchain pins, and its namespace; returns once they are served.
 * @throws EdgefirstError if the modules cannot be fetched, or the cluster refuses them.
 */
export async function installFluxCrds(kubeconfig: string, context: string): Promise<void> {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: FLUX_NAMESPACE } };
  const crds = (await Promise.all(CRD_MODULES.map(readCrds))).flat();
  const cluster = new KubeClient({ kubeconfig, context });
  try {
    for (const object of [namespace, ...crds])
      await cluster.apply(object, { fieldManager: "edgefirst-sandbox", force: true });
    await waitUntil(
      "Flux's CustomResourceDefinitions",
      async () => (await Promise.all(crds.map((crd) => cluster.get(crd)))).every(isEstablished),
      { timeoutMs: START_TIMEOUT_MS },
    );
  } finally {
    cluster.close();
  }
}

/**
 * Starts source-controller and kustomize-controller for a cluster, as processes of this machine with an administrator's rights there; those that run are
 * left alone. Returns once both are ready.
 * @throws EdgefirstError if one ends or does not get ready.
 */
export async function startFlux(options: FluxOptions): Promise<void> {
  const programs = await resolvePrograms(CONTROLLERS, options);
  await installFluxCrds(options.kubeconfig, options.context);
  await inSandboxDir(resolve(options.dir), options, () => startControllers(programs, options));
  options.progress(`${options.cluster}: Flux reconciles`);
}

async function startControllers(
  programs: Readonly<Record<(typeof CONTROLLERS)[number], { readonly path: string }>>,
  options: FluxOptions,
): Promise<void> {
  const dir = clusterDir(resolve(options.dir), options.cluster);
  const kubeconfig = join(dir, "kubeconfigs", "flux");
  writeKubeconfig(kubeconfig, [readKubeconfig(options.kubeconfig, options.context)]);
  const storage = join(dir, "flux");
  await mkdir(storage, { recursive: true });
  const common = {
    env: { KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: FLUX_NAMESPACE },
    timeoutMs: START_TIMEOUT_MS,
  };
  await ensureService(
    dir,
    {
      ...common,
      name: "source-controller",
      command: programs["source-controller"].path,
      ports: ["health", "storage"],
      args: (ports) => [
        ...controllerFlags(ports.health),
        `--storage-path=${storage}`,
        `--storage-addr=127.0.0.1:${ports.storage}`,
        `--storage-adv-addr=127.0.0.1:${ports.storage}`,
      ],
      ready: (ports) => isHealthy(ports.health),
    },
    options.signal,
  );
  await ensureService(
    dir,
    {
      ...common,
      name: "kustomize-controller",
      command: programs["kustomize-controller"].path,
      ports: ["health"],
      args: (ports) => controllerFlags(ports.health),
      ready: (ports) => isHealthy(ports.health),
    },
    options.signal,
  );
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

async function readCrds(controller: (typeof CRD_MODULES)[number]): Promise<KubeObject[]> {
  const module = await moduleDirectory(`flux-${controller}`, `github.com/fluxcd/${controller}`);
  const bases = join(module, "config", "crd", "bases");
  const files = (await readdir(bases)).sort();
  return Promise.all(
    files.map(async (file) => parse(await readFile(join(bases, file), "utf8")) as KubeObject),
  );
}

function isEstablished(crd: KubeObject | undefined): boolean {
  const status = crd?.status as { conditions?: { type: string; status: string }[] } | undefined;
  return status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") ?? false;
}

/** Asks a controller-runtime program's probe; it says ready once its manager runs. */
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
