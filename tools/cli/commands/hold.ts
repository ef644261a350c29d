import { Command } from "commander";
import type { HoldFlags, UnholdFlags } from "../hold.ts";
import { projectOptions } from "./project-options.ts";

const HOLD = `
While a stack is on hold, its gate and the gates of the stacks directly after it refuse every move forward. Updates
that keep the stack's release still pass, and so do rollbacks and moves under an edgefirst:override. The hold is
stored in the state backend, where every gate reads it, in a stack without resources in the project
<project>-directives.
Exit code: 0 on hold, 2 could not run.

Examples:
  edgefirst hold main --reason "holidays" --until 72h
  edgefirst hold edge --reason "its disk is being replaced" --until 2026-12-31T18:00:00Z
  edgefirst hold edge --reason "its disk is being replaced" --until 2h --json`;

const UNHOLD = `
Exit code: 0 the hold has ended, 1 the stack is not on hold, 2 could not run.

Examples:
  edgefirst unhold edge --reason "the disk has been replaced"`;

/** `edgefirst hold`: freezes a stack. */
export function holdCommand(): Command {
  const command = new Command("hold")
    .argument("<stack>", "a stack in the project")
    .requiredOption("--reason <text>", "why; every refusal repeats it")
    .requiredOption("--until <time>", "a time such as 2026-12-31T18:00:00Z, or a duration such as 24h")
    .option("--json", "print the result as JSON");
  for (const option of projectOptions()) command.addOption(option);
  return command.addHelpText("after", HOLD).action(async (stack: string, flags: HoldFlags) => {
    await (await import("../hold.ts")).hold(stack, flags);
  });
}

/** `edgefirst unhold`: ends a hold. */
export function unholdCommand(): Command {
  const command = new Command("unhold")
    .argument("<stack>", "a stack in the project")
    .requiredOption("--reason <text>", "why; edgefirst history shows it")
    .option("--json", "print the result as JSON");
  for (const option of projectOptions()) command.addOption(option);
  return command.addHelpText("after", UNHOLD).action(async (stack: string, flags: UnholdFlags) => {
    await (await import("../hold.ts")).unhold(stack, flags);
  });
}
