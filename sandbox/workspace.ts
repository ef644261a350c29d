import { dirname, join } from "node:path";
import { moduleDirectory } from "../toolchain/modules.ts";
import { startFlux } from "./flux.ts";
import { sandboxOverlay } from "./overlay.ts";
import { choosePodMode } from "./pod-mode.ts";
import { writeSandboxProject } from "./project.ts";
import { pulumiEnvironment } from "./pulumi.ts";
import { pushDirectory, startRegistry } from "./registry.ts";
import { sandboxUp, type Sandbox } from "./sandbox.ts";

/** Arguments of {@link prepareWorkspace}. */
export interface WorkspaceArgs {
  /** The sandbox's folder. */
  readonly dir: string;
  /** The project whose stacks are to run: directory of Pulumi.yaml and index.ts. */
  readonly project: string;
  /** Names of the stacks; each gets a cluster of its name. */
  readonly stacks: readonly string[];
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A sandbox in which the project's stacks can be brought up. */
export interface Workspace {
  readonly sandbox: Sandbox;
  /** Directory of the sandbox's Pulumi.yaml and stack files. */
  readonly project: string;
  /** Environment of the Pulumi CLI. */
  readonly env: NodeJS.ProcessEnv;
  /** Directory whose `bin` holds the CLI. */
  readonly cliRoot: string;
}

/** Tag of the GitOps repository that the sandbox's clusters follow. */
const REPOSITORY_TAG = "sandbox";

/**
 * Brings up the clusters with a real Flux beside each, a registry that holds the GitOps repository of `sandbox/repository`, and a Pulumi
 * CLI with a backend of its own. What runs is left alone, so it may be called at any time again.
 * @throws {EdgefirstError} where a program can neither be found nor built, or something does not start
 */
export async function prepareWorkspace(args: WorkspaceArgs): Promise<Workspace> {
  const { dir, stacks, progress, signal } = args;
  const pods = await choosePodMode(undefined, progress);
  const sandbox = await sandboxUp({ dir, clusters: stacks, pods, progress, signal });
  const { command, env } = await pulumiEnvironment({ dir, progress, signal });
  const registry = await startRegistry({ dir, progress, signal });
  const url = await pushDirectory(
    registry,
    "gitops",
    REPOSITORY_TAG,
    join(import.meta.dirname, "repository"),
  );
  const { kubeconfig } = sandbox;
  for (const stack of stacks)
    await startFlux({ dir, cluster: stack, context: stack, kubeconfig, progress, signal });
  const gatewayApi = join(
    await moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api"),
    "config/crd/standard",
  );
  const project = join(sandbox.dir, "project");
  const repository = { url, tag: REPOSITORY_TAG };
  const overlays = stacks.map((stack) => sandboxOverlay({ stack, kubeconfig, gatewayApi, repository, pods }));
  await writeSandboxProject({ project: args.project, target: project, overlays });
  return { sandbox, project, env, cliRoot: dirname(dirname(command)) };
}
