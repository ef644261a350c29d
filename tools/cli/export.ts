import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { githubWorkflow } from "../rollout/export-github.ts";
import { operatorStacks } from "../rollout/export-operator.ts";
import { readStacks } from "../rollout/plan.ts";

/** Flags of `edgefirst export operator`. */
export interface OperatorFlags {
  readonly repo: string;
  readonly branch: string;
  readonly namespace: string;
  readonly organization: string;
  readonly image: string;
  readonly backend?: string;
}

/** `edgefirst export operator`: prints Stack resources for the Pulumi Kubernetes Operator. */
export async function exportOperator(flags: OperatorFlags): Promise<void> {
  const { repo: repository, branch, namespace, organization, image, backend } = flags;
  const directory = process.cwd();
  const stacks = await readStacks(directory);
  const { name: project } = parse(await readFile(join(directory, "Pulumi.yaml"), "utf8")) as { name: string };
  process.stdout.write(
    operatorStacks({ stacks, project, repository, branch, namespace, organization, image, backend }),
  );
}

/** `edgefirst export github`: prints a GitHub workflow with one job per wave. */
export async function exportGithub(branch: string): Promise<void> {
  process.stdout.write(githubWorkflow({ stacks: await readStacks(process.cwd()), branch }));
}
