import { Command } from "commander";
import type { VerifyFlags } from "../verify.ts";
import { projectOptions } from "./project-options.ts";

const HELP = `
Runs the verification's checks once, without an update; changes and records nothing. To see what differs from
the declared objects, run edgefirst status --refresh.
Exit code: 0 healthy, 1 not healthy or never verified, 2 could not run.

Examples:
  edgefirst verify edge
  edgefirst verify edge --json | jq '.failures'`;

/** `edgefirst verify`: runs the checks of a verification without an update. */
export function verifyCommand(): Command {
  const command = new Command("verify")
    .argument("<stack>", "a stack in the project")
    .option("--json", "print the result as JSON");
  for (const option of projectOptions()) command.addOption(option);
  return command.addHelpText("after", HELP).action(async (stack: string, flags: VerifyFlags) => {
    await (await import("../verify.ts")).verify(stack, flags);
  });
}
