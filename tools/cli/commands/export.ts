import { Command } from "commander";
import type { OperatorFlags } from "../export.ts";

const HELP = `
The gate inside the program still applies, regardless of the order in which these tools update the stacks.

Examples:
  edgefirst export operator --repo https://github.com/me/platform --backend s3://state > operator.yaml
  edgefirst export github > .github/workflows/rollout.yaml`;

/** `edgefirst export`: writes the stack graph for other rollout tools. */
export const exportCommand = (): Command =>
  new Command("export").addCommand(operator()).addCommand(github()).addHelpText("after", HELP);

const operator = (): Command =>
  new Command("operator")
    .description("Stack resources for the Pulumi Kubernetes Operator 2, with prerequisites")
    .requiredOption(
      "--repo <url>",
      "where the operator fetches this project from: an https:// or ssh:// address",
    )
    .option("--branch <name>", "branch that the operator follows", "main")
    .option("--namespace <name>", "namespace of the Stack objects", "edgefirst")
    .option(
      "--organization <name>",
      "organization that owns the stacks; required for Pulumi Cloud, and only there",
    )
    .option(
      "--image <image>",
      "workspace image, with the Pulumi CLI and Node 24",
      "pulumi/pulumi:3.276.0-nonroot",
    )
    .option("--backend <url>", "state backend, such as s3://bucket; default: Pulumi Cloud")
    .addHelpText(
      "after",
      "\nExample:\n  edgefirst export operator --repo https://github.com/me/platform --organization me > operator.yaml",
    )
    .action(async (flags: OperatorFlags) => {
      await (await import("../export.ts")).exportOperator(flags);
    });

const github = (): Command =>
  new Command("github")
    .description("a GitHub workflow: per wave a plan, then the rollout once it is approved")
    .option("--branch <name>", "branch whose pushes are rolled out", "main")
    .addHelpText("after", "\nExample:\n  edgefirst export github > .github/workflows/rollout.yaml")
    .action(async ({ branch }: { branch: string }) => {
      await (await import("../export.ts")).exportGithub(branch);
    });
