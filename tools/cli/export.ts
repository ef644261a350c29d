import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "../../lib/quiet-yaml.ts";
import { githubWorkflow } from "../rollout/export-github.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { operatorStacks } from "../rollout/export-operator.ts";
import { readStacks } from "../rollout/plan.ts";
import { readStackFile } from "../rollout/stack-file.ts";

/** The only organization of a state backend other than Pulumi Cloud. */
const SELF_MANAGED = "organization";

/** Flags of `edgefirst export operator`. */
export interface OperatorFlags {
  readonly repo: string;
  readonly branch: string;
  readonly namespace: string;
  readonly organization?: string;
  readonly image: string;
  readonly backend?: string;
}

/** `edgefirst export operator`: prints Stack resources for the Pulumi Kubernetes Operator. */
export async function exportOperator(flags: OperatorFlags): Promise<void> {
  const { repo: repository, branch, namespace, image, backend } = flags;
  const organization = organizationFor(flags);
  const directory = process.cwd();
  const stacks = await readStacks(directory);
  const { name: project } = parse(await readFile(join(directory, "Pulumi.yaml"), "utf8")) as { name: string };
  process.stdout.write(
    operatorStacks({ stacks, project, repository, branch, namespace, organization, image, backend }),
  );
}

/**
 * The organization in the stacks' names. With Pulumi Cloud, the user must name it, because another machine cannot know this user's
 * default; other backends have a single one.
 * @throws {EdgefirstError} if Pulumi Cloud has no organization named, or another backend has one
 */
function organizationFor({ backend, organization }: OperatorFlags): string {
  const isCloud = backend === undefined || /^https?:/.test(backend);
  if (isCloud && organization === undefined)
    throw new EdgefirstError(
      `${backend ?? "Pulumi Cloud"} needs the organization that owns the stacks.`,
      "Add --organization NAME (pulumi whoami -v lists yours), or --backend for another state backend.",
    );
  if (!isCloud && organization !== undefined && organization !== SELF_MANAGED)
    throw new EdgefirstError(
      `The backend ${backend} has no organizations, so its stacks do not belong to ${organization}.`,
      "Leave out --organization.",
    );
  return organization ?? SELF_MANAGED;
}

/** `edgefirst export github`: prints a GitHub workflow with a plan and a rollout per wave. */
export async function exportGithub(branch: string): Promise<void> {
  const directory = process.cwd();
  const stacks = await readStacks(directory);
  const contexts = new Map<string, string>();
  for (const { name } of stacks) {
    const { cluster } = await readStackFile(directory, name);
    if (cluster !== undefined) contexts.set(name, cluster.context);
  }
  process.stdout.write(githubWorkflow({ stacks, branch, contexts }));
}
