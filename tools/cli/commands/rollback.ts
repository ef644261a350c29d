import { Command } from "commander";
import type { RollbackFlags } from "../rollback.ts";
import { projectOptions } from "./project-options.ts";

const HELP = `
Changes nothing: it prints the commands that check the commit out and update the stack from there. A release that was
never verified, or failed its verification, is refused. A rollback does not move the GitOps repository's pin.

Examples:
  edgefirst rollback main
  edgefirst rollback main --to 1a2b3c4d5e6f`;

/** `edgefirst rollback`: names an older release that a stack can go back to, and its commit. */
export function rollbackCommand(): Command {
  const command = new Command("rollback")
    .argument("<stack>", "a stack in the project")
    .option("--to <release>", "a release or commit, instead of the latest older one")
    .option("--json", "print the result as JSON");
  for (const option of projectOptions()) command.addOption(option);
  return command.addHelpText("after", HELP).action(async (stack: string, flags: RollbackFlags) => {
    await (await import("../rollback.ts")).rollback(stack, flags);
  });
}
