import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { parse } from "yaml";
import { githubWorkflow } from "../rollout/export-github.ts";
import { operatorStacks } from "../rollout/export-operator.ts";
import { readStacks } from "../rollout/plan.ts";

interface OperatorFlags {
  readonly repo: string;
  readonly branch: string;
  readonly namespace: string;
  readonly organization: string;
  readonly image: string;
  readonly backend?: string;
}

const operator = new Command("operator")
  .description("Stack resources for the Pulumi Kubernetes Operator (version 2), with prerequisites")
  .requiredOption("--repo <url>", "where the operator fetches this project: an https:// or ssh:// address")
  .option("--branch <name>", "branch that it follows", "main")
  .option("--namespace <name>", "namespace of the Stack objects", "edgefirst")
  .option(
    "--organization <name>",
    "organization in Pulumi Cloud; other backends know only this one",
    "organization",
  )
  .option(
    "--image <image>",
    "image of the workspaces: the Pulumi CLI and Node 24",
    "pulumi/pulumi:3.259.0-nonroot",
  )
  .option("--backend <url>", "state backend, as in s3://bucket; by default Pulumi Cloud")
  .action(async ({ repo, ...flags }: OperatorFlags) => {
    const directory = process.cwd();
    const stacks = await readStacks(directory);
    const { name } = parse(await readFile(join(directory, "Pulumi.yaml"), "utf8")) as { name: string };
    process.stdout.write(operatorStacks({ stacks, project: name, repository: repo, ...flags }));
  });

const github = new Command("github")
  .description("a GitHub workflow with one job a wave, and an environment for the approval of each stack")
  .option("--branch <name>", "branch whose pushes are rolled out", "main")
  .action(async ({ branch }: { branch: string }) => {
    process.stdout.write(githubWorkflow({ stacks: await readStacks(process.cwd()), branch }));
  });

/** `edgefirst export`: the same graph for what runs rollouts elsewhere. */
export const exportCommand = new Command("export")
  .description("write the stacks and their order for what runs rollouts elsewhere")
  .addCommand(operator)
  .addCommand(github)
  .addHelpText(
    "after",
    `
The gate inside the program holds a stack back there too, whatever the order in which it is run.

Examples:
  edgefirst export operator --repo https://github.com/me/platform --backend s3://state > operator.yaml
  edgefirst export github > .github/workflows/rollout.yaml`,
  );
