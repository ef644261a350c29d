import { dirname, join } from "node:path";
import { GoMissingError } from "../toolchain/go.ts";
import { moduleDirectory } from "../toolchain/modules.ts";
import { resolvePrograms } from "../toolchain/resolve.ts";
import { CONTROL_PLANE } from "./control-plane.ts";
import type { Progress } from "../toolchain/progress.ts";
import { FLUX_CONTROLLERS, putAgeKey, startFlux } from "./flux.ts";
import { canDiscover, fetchGatusSidecar } from "./gatus-sidecar.ts";
import { installNeighbours, NEIGHBOUR_PROGRAMS } from "./neighbours/install.ts";
import { REPOSITORY_TAG } from "./repository-artifact.ts";
import { sandboxOverlay } from "./overlay.ts";
import { choosePodMode } from "./pod-mode.ts";
import { writeSandboxProject } from "./project.ts";
import { pulumiEnvironment, putSecret } from "./pulumi.ts";
import { pulumiPrograms } from "./pulumi-programs.ts";
import { PLATFORM_PROGRAMS } from "./runtime/images.ts";
import { sandboxUp, type Sandbox } from "./sandbox.ts";
import { superviseSandbox } from "./supervisor.ts";
import { ageKeyOf, ensureWorkingCopy, publishWorkingCopy } from "./working-copy.ts";

/** Arguments of {@link prepareWorkspace}. */
export interface WorkspaceArgs {
  /** The sandbox's folder. */
  readonly dir: string;
  /** The directory of the project whose stacks run, with Pulumi.yaml and main.js. */
  readonly project: string;
  /** The names of the stacks, which are also the names of their clusters. */
  readonly stacks: readonly string[];
  /** Whether the clusters also get the programs that most clusters have. */
  readonly neighbours?: boolean;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** A sandbox in which the project's stacks run. */
export interface Workspace {
  readonly sandbox: Sandbox;
  /** Directory of the sandbox's Pulumi.yaml and stack files. */
  readonly project: string;
  /** Environment for the Pulumi CLI. */
  readonly env: NodeJS.ProcessEnv;
  /** Directory whose `bin` holds the CLI. */
  readonly cliRoot: string;
}

/**
 * Brings up the clusters, with a real Flux in each, a registry with the sandbox's copy of `tools/sandbox/repository`, and a Pulumi CLI with
 * a separate backend. Running processes are left alone, so it can be called at any time.
 * @throws {EdgefirstError} if a program can be neither found nor built, or does not start
 */
export async function prepareWorkspace(args: WorkspaceArgs): Promise<Workspace> {
  const { dir, stacks, neighbours = false, progress, signal } = args;
  const pods = await choosePodMode(neighbours ? "real" : undefined, progress);
  await resolvePrograms(
    [
      ...CONTROL_PLANE,
      ...(await pulumiPrograms(dir)),
      "crane",
      ...FLUX_CONTROLLERS,
      ...(pods === "real" ? PLATFORM_PROGRAMS : []),
      ...(neighbours ? NEIGHBOUR_PROGRAMS : []),
    ],
    { progress, signal },
  );
  if (pods === "real") await fetchGatusSidecar({ progress, env: process.env, signal });
  const certificates = neighbours ? "provided" : "self-signed";
  const sandbox = await sandboxUp({ dir, clusters: stacks, pods, certificates, progress, signal });
  const { command, env } = await pulumiEnvironment({ dir, progress, signal });
  await ensureWorkingCopy({ dir, progress, signal });
  const url = await publishWorkingCopy({ dir, clusters: stacks, progress, signal });
  const ageKey = await ageKeyOf(dir);
  const { kubeconfig } = sandbox;
  for (const stack of stacks) {
    await startFlux({ dir, cluster: stack, context: stack, kubeconfig, helm: true, progress, signal });
    await putAgeKey(kubeconfig, stack, ageKey);
  }
  await superviseSandbox({ dir, progress, signal });
  for (const context of neighbours ? stacks : [])
    await installNeighbours({ kubeconfig, context, progress, signal });
  const gatewayApi = await gatewayApiDefinitions();
  const project = join(sandbox.dir, "project");
  const repository = { url, tag: REPOSITORY_TAG };
  const discovers = canDiscover();
  const overlays = stacks.map((stack) =>
    sandboxOverlay({ stack, kubeconfig, gatewayApi, repository, pods, discovers, neighbours }),
  );
  await writeSandboxProject({ project: args.project, target: project, overlays });
  for (const stack of stacks)
    await putSecret({ command, env, project, stack, key: "edgefirst:sopsAgeKey", value: ageKey });
  return { sandbox, project, env, cliRoot: dirname(dirname(command)) };
}

/** Directory of the Gateway API CRDs; undefined without Go. */
async function gatewayApiDefinitions(): Promise<string | undefined> {
  try {
    return join(await moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api"), "config/crd/standard");
  } catch (error) {
    if (error instanceof GoMissingError) return undefined;
    throw error;
  }
}
