import { createInterface } from "node:readline/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { EdgefirstError } from "../../lib/errors.ts";
import { planWaves, stackNamed, stacksUpTo, type StackNode } from "../rollout/plan.ts";
import { runRollout, succeeded, type RolloutEvent, type Runner } from "../rollout/run.ts";
import { stackRunner } from "../rollout/stack-runner.ts";
import { interruptible } from "./interrupt.ts";
import { prepareProject, projectOptions, type ProjectFlags } from "./project.ts";
import { resultText, rolloutDisplay } from "./rollout-display.ts";

const EXAMPLES = `
Stacks go in waves: each after those that its edgefirst:after names. Every stack is previewed with the policy pack,
its changes are shown, and it is updated once approved; its update ends with the verification. A stack that fails or is declined
stops the waves after it. Exit code: 0 all went well, 1 something did not, 130 interrupted.

Examples:
  edgefirst rollout                         all stacks of this project, asking before each
  edgefirst rollout --dry-run               only show what would change
  edgefirst rollout --to edge --yes         edge and what it comes after, without asking
  edgefirst rollout --resume                after an interruption: leave alone what is done
  edgefirst rollout --sandbox --yes         in the sandbox that \`edgefirst start\` makes
  edgefirst rollout --yes --json | jq -c 'select(.type == "outcome")'`;

interface Flags extends ProjectFlags {
  readonly to?: string;
  readonly only?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly parallel: number;
  readonly json?: true;
  readonly resume?: true;
}

/** `edgefirst rollout`: all stacks, wave by wave. */
export const rollout = new Command("rollout")
  .description("bring all stacks up in the order of their edgefirst:after, each verified before the next")
  .option("--to <stack>", "only this stack and those that it comes after")
  .addOption(new Option("--only <stack>", "only this stack; its gate holds all the same").conflicts("to"))
  .option("--dry-run", "show what would change, and change nothing")
  .option("--yes", "do not ask; required where there is no terminal")
  .option("--parallel <number>", "how many stacks of a wave at one time", count, 2)
  .option("--resume", "leave alone what has verified this release; take over the lock of a rollout that died")
  .option("--json", "print each event as a line of JSON");
for (const option of projectOptions()) rollout.addOption(option);
rollout.addHelpText("after", EXAMPLES).action((flags: Flags) => interruptible(INTERRUPT, rollOut(flags)));

const INTERRUPT = {
  ending: "interrupted: cancelling; what is under way finishes its present step",
  left: "Nothing was locked or left half-done; go on with edgefirst rollout --resume.",
  again: "still cancelling: the present steps have to finish",
};

const rollOut =
  (flags: Flags) =>
  async (signal: AbortSignal): Promise<void> => {
    const { dryRun = false, yes = false, parallel, resume = false, json = false } = flags;
    if (!dryRun && !yes && !process.stdin.isTTY)
      throw new EdgefirstError(
        "There is no terminal to ask for approval on, and --yes is not given; nothing was changed.",
        "Look at the changes with --dry-run, then run it again with --yes.",
      );
    const project = await prepareProject(flags, progress, signal);
    const result = await runRollout({
      waves: wavesOf(project.stacks, flags),
      runner: stackRunner({
        address: project.address,
        policyPack: project.policyPack,
        takeOver: resume,
        approve: yes ? () => Promise.resolve(true) : ask,
      }),
      parallel,
      dryRun,
      resume,
      onEvent: json
        ? (event) => process.stdout.write(`${jsonLine(event)}\n`)
        : rolloutDisplay({ stream: process.stdout, live: process.stdout.isTTY, now: Date.now }),
      signal,
    });
    if (!json) process.stdout.write(`${resultText(result)}\n`);
    if (!succeeded(result)) process.exitCode ??= 1;
  };

function wavesOf(stacks: readonly StackNode[], { to, only }: Flags): string[][] {
  if (only !== undefined) return [[stackNamed(stacks, only).name]];
  return planWaves(to === undefined ? stacks : stacksUpTo(stacks, to));
}

/** Asks on the terminal; nothing changes in a stack without `y`. */
const ask: Runner["approve"] = async (stack, { changes }, signal) => {
  const destructive = changes.some(({ kind }) => kind === "delete" || kind === "replace");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In a question the terminal sends no signal by itself.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const what = destructive ? "update it, with what is DELETED or REPLACED above" : "update it";
    return /^y(es)?$/i.test((await terminal.question(`${stack}: ${what}? [y/N] `, { signal })).trim());
  } finally {
    terminal.close();
  }
};

/** Without the stack's outputs: `pulumi stack output` has them. */
function jsonLine(event: RolloutEvent): string {
  if (event.type !== "summary") return JSON.stringify(event);
  const { changes, unchanged, warnings, violations } = event.summary;
  return JSON.stringify({ ...event, summary: { changes, unchanged, warnings, violations } });
}

function count(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("expected a whole number above 0");
}

/** Preparation goes to stderr, so that stdout holds the rollout alone. */
function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
