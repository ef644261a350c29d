import { Command } from "commander";
import type { StatusFlags } from "../status.ts";
import { projectOptions } from "./project-options.ts";

const HELP = `
VERIFIED shows when a stack's release passed its verification, and SOAK how long every check held. POSITION compares
that release with the upstream stacks: level, a number of verified releases behind, or unproven if they have not
verified it.

Examples:
  edgefirst status
  edgefirst status --refresh        also read the clusters, and list what differs from the last update
  edgefirst status --graph >> "$GITHUB_STEP_SUMMARY"
  edgefirst status --json | jq '.[] | select(.verification != "verified").stack'`;

/** `edgefirst status`: shows what each stack runs and has verified. */
export function statusCommand(): Command {
  const command = new Command("status")
    .option("--refresh", "compare each cluster with the state that the last update left")
    .option("--graph", "print stacks, waves and what each has proven as a Mermaid flowchart, for a README")
    .option("--json", "print the result as JSON");
  for (const option of projectOptions()) command.addOption(option);
  return command.addHelpText("after", HELP).action(async (flags: StatusFlags) => {
    await (await import("../status.ts")).status(flags);
  });
}
