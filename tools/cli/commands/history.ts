import { Command } from "commander";
import type { HistoryFlags } from "../history.ts";
import { projectOptions } from "./project-options.ts";

const HELP = `
Lists the latest 30 updates in the backend's history, and every hold and revocation, latest first. RESULT is verified
or FAILED for an update whose verification had a result. Otherwise it is how the backend recorded the end: an update
without a release was refused by the gate, or ended before its verification had a result.

Examples:
  edgefirst history main
  edgefirst history main --json | jq '.[] | select(.movement == "forward")'`;

/** `edgefirst history`: shows what ran on a stack when, and why it was allowed. */
export function historyCommand(): Command {
  const command = new Command("history")
    .argument("<stack>", "a stack of the project")
    .option("--json", "print the result as JSON");
  for (const option of projectOptions()) command.addOption(option);
  return command.addHelpText("after", HELP).action(async (stack: string, flags: HistoryFlags) => {
    await (await import("../history.ts")).history(stack, flags);
  });
}
