import { Command } from "commander";
import type { RevokeFlags } from "../revoke.ts";
import { projectOptions } from "./project-options.ts";

const HELP = `
Withdraws what a stack has proven about a release: its gate, and the gates of the stacks directly after it, refuse the
release for moves forward and rollbacks alike, and no later verification restores it. Nothing on the clusters changes.
Only --undo, or an edgefirst:override for one stack, lets the release pass again. The revocation is stored
like a hold: see edgefirst hold --help.
Exit code: 0 revoked or restored, 1 the stack has no such release, or the release is not revoked, 2 could not run.

Examples:
  edgefirst revoke edge 1a2b3c4d5e6f --reason "it leaks memory after a day"
  edgefirst revoke edge 1a2b3c4d5e6f --undo --reason "it was the other release"`;

/** `edgefirst revoke`: withdraws the proof of a release. */
export function revokeCommand(): Command {
  const command = new Command("revoke")
    .argument("<stack>", "a stack in the project")
    .argument("<release>", "a release that the stack runs or has verified, or the start of its hash")
    .requiredOption("--reason <text>", "why; every refusal repeats it")
    .option("--undo", "undo the revocation")
    .option("--json", "print the result as JSON");
  for (const option of projectOptions()) command.addOption(option);
  return command
    .addHelpText("after", HELP)
    .action(async (stack: string, release: string, flags: RevokeFlags) => {
      await (await import("../revoke.ts")).revoke(stack, release, flags);
    });
}
