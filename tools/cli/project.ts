import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { readStacks, type StackNode } from "../rollout/plan.ts";
import { type StackAddress } from "../rollout/stack.ts";
import { stackRunner } from "../rollout/stack-runner.ts";
import type { Runner } from "../rollout/run.ts";
import { sandboxPolicyPack } from "../sandbox/policy-pack/pack.ts";
import { pulumiEnvironment } from "../sandbox/pulumi.ts";
import { isSandboxDir } from "../sandbox/sandbox-dir.ts";
import { prepareWorkspace } from "../sandbox/workspace.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { ProjectFlags } from "./commands/project-options.ts";

/** The project that a sandbox runs: this repository. */
export const PROGRAM = join(import.meta.dirname, "../..");

/** The stacks that a command works on. */
export interface Project {
  /** The directory that contains Pulumi.yaml and the stack files. */
  readonly directory: string;
  readonly stacks: readonly StackNode[];
  readonly address: (stack: string) => StackAddress;
  /** Directory of the policy pack that previews and updates run; absent if the project has none. */
  readonly policyPack?: string;
  /** Kubeconfig of the sandbox; absent for the project in the current directory. */
  readonly kubeconfig?: string;
}

/**
 * The project in the current directory, with the user's backend, or the project of a running sandbox.
 * @throws {EdgefirstError} if there is no project or no sandbox
 */
export async function openProject({ dir }: ProjectFlags, progress: (line: string) => void): Promise<Project> {
  if (dir === undefined) {
    const directory = process.cwd();
    const stacks = await readStacks(directory);
    const address = (name: string): StackAddress => ({ name, project: directory, env: {} });
    const pack = join(directory, "policy");
    const hasPack = existsSync(join(pack, "PulumiPolicy.yaml"));
    return { directory, stacks, address, ...(hasPack && { policyPack: pack }) };
  }
  if (!isSandboxDir(dir))
    throw new EdgefirstError(`There is no sandbox in ${dir}.`, "Create one: edgefirst start");
  const { command, env } = await pulumiEnvironment({ dir, progress });
  const directory = join(resolve(dir), "project");
  const cliRoot = join(command, "../..");
  const stacks = await readStacks(directory);
  const address = (name: string): StackAddress => ({ name, project: directory, env, cliRoot });
  return { directory, stacks, address };
}

/** Like {@link openProject}, but starts the sandbox first, with a cluster for each stack. */
export async function prepareProject(
  { dir, neighbours }: ProjectFlags & { readonly neighbours?: true | undefined },
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Project> {
  if (dir === undefined) return openProject({}, progress);
  const names = (await readStacks(PROGRAM)).map(({ name }) => name);
  const workspace = await prepareWorkspace({
    ...{ dir, project: PROGRAM, stacks: names, progress, signal },
    neighbours: neighbours === true,
  });
  const { sandbox, project: directory, env, cliRoot } = workspace;
  const stacks = await readStacks(directory);
  const address = (name: string): StackAddress => ({ name, project: directory, env, cliRoot, create: true });
  const policyPack = await sandboxPolicyPack({ dir, pack: join(PROGRAM, "policy") });
  return { directory, stacks, address, policyPack, kubeconfig: sandbox.kubeconfig };
}

/** A runner that asks no questions, for a sandbox of our own. */
export function unattendedRunner({ address, policyPack }: Project): Runner {
  return stackRunner({ address, policyPack, takeOver: true, approve: () => Promise.resolve(true) });
}
