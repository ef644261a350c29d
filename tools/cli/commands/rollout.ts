import { Command, InvalidArgumentError, Option } from "commander";
import type { RolloutFlags } from "../rollout.ts";
import { projectOptions } from "./project-options.ts";

const HELP = `
Stacks are updated in waves, each after the stacks that its edgefirst:after names. Every stack is previewed with the
policy pack, its changes are shown, and it is updated once you approve; the update ends with the verification. A stack
that fails or is declined stops the waves that depend on it.

Examples:
  edgefirst rollout                         all stacks of this project, asking before each
  edgefirst rollout --dry-run               only show what would change
  edgefirst rollout --to edge --yes         edge and the stacks it depends on, without asking
  edgefirst rollout --resume                after an interruption: skip what is done
  edgefirst rollout --sandbox --yes         in the sandbox that \`edgefirst start\` creates
  edgefirst rollout --yes --json | jq -c 'select(.type == "outcome")'`;

/** `edgefirst rollout`: updates all stacks, wave by wave. */
export function rolloutCommand(): Command {
  const command = new Command("rollout")
    .option("--to <stack>", "only this stack and the stacks it depends on")
    .addOption(new Option("--only <stack>", "only this stack; its gate still applies").conflicts("to"))
    .option("--dry-run", "show what would change, and change nothing")
    .option("--yes", "do not ask; required without a terminal")
    .option("--parallel <number>", "how many stacks in a wave to update at a time", wholeNumber, 2)
    .option(
      "--resume",
      "skip stacks that have verified this release; take over the lock of a rollout that died",
    )
    .option(
      "--verbose",
      "print all progress, and every setting in which a stack differs from its upstream stacks",
    )
    .option("--json", "print each event as a line of JSON");
  for (const option of projectOptions()) command.addOption(option);
  return command.addHelpText("after", HELP).action(async (flags: RolloutFlags) => {
    await (await import("../rollout.ts")).rollout(flags);
  });
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("Expected a whole number above 0.");
}
