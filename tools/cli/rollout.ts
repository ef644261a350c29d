import { createInterface } from "node:readline/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { fileBackend, removeBrokenAttributes, requireSpace } from "../rollout/file-backend.ts";
import { planWaves, stackNamed, stacksUpTo, type StackNode } from "../rollout/plan.ts";
import { isUnknown, runRollout, succeeded, type RolloutEvent, type Runner } from "../rollout/run.ts";
import type { StackAddress } from "../rollout/stack.ts";
import { stackRunner } from "../rollout/stack-runner.ts";
import { EXIT } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import type { ProjectFlags } from "./commands/project-options.ts";
import { progress } from "./progress.ts";
import { prepareProject, type Project } from "./project.ts";
import { resultText, rolloutDisplay } from "./rollout-display.ts";

/** Flags of `edgefirst rollout`. */
export interface RolloutFlags extends ProjectFlags {
  readonly to?: string;
  readonly only?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly parallel: number;
  readonly json?: true;
  readonly resume?: true;
  readonly verbose?: true;
}

const INTERRUPT = {
  ending: "interrupted: cancelling after the current steps",
  left: "No lock is left, and no update is half finished. Continue with edgefirst rollout --resume.",
  again: "still cancelling: the current steps have to finish",
};

/** `edgefirst rollout`: updates the stacks, wave by wave; prints the events to stdout and the preparation to stderr. */
export const rollout = (flags: RolloutFlags): Promise<void> =>
  interruptible(INTERRUPT, async (signal) => {
    const { dryRun = false, yes = false, parallel, resume = false, verbose = false, json = false } = flags;
    if (!dryRun && !yes && !process.stdin.isTTY)
      throw new EdgefirstError(
        "There is no terminal to ask for approval, and --yes is not set. Nothing was changed.",
        "Review the changes with --dry-run, then re-run with --yes.",
      );
    const project = await prepareProject(flags, progress, signal);
    if (!dryRun) prepareBackend(project, resume);
    const result = await runRollout({
      waves: wavesOf(project.stacks, flags),
      runner: stackRunner({
        address: (stack) => withEnv(project.address(stack), verbose ? { EDGEFIRST_VERBOSE: "1" } : {}),
        policyPack: project.policyPack,
        takeOver: resume,
        approve: yes ? () => Promise.resolve(true) : ask,
      }),
      parallel,
      dryRun,
      resume,
      onEvent: json
        ? (event) => process.stdout.write(`${jsonLine(event)}\n`)
        : rolloutDisplay({ stream: process.stdout, live: process.stdout.isTTY, verbose, now: Date.now }),
      signal,
    });
    if (!json) process.stdout.write(`${resultText(result)}\n`);
    if (!succeeded(result)) process.exitCode ??= isUnknown(result) ? EXIT.inconclusive : EXIT.no;
  });

/** A file backend needs free space; a killed update may leave it so that the CLI cannot read it. */
function prepareBackend({ stacks, address }: Project, resume: boolean): void {
  const [first] = stacks;
  const backend = first && fileBackend(address(first.name));
  if (backend === undefined) return;
  requireSpace(backend);
  for (const file of resume ? removeBrokenAttributes(backend) : [])
    progress(`removed ${file}, which a killed update left incomplete; the file that it describes is intact`);
}

function withEnv(address: StackAddress, env: NodeJS.ProcessEnv): StackAddress {
  return { ...address, env: { ...address.env, ...env } };
}

function wavesOf(stacks: readonly StackNode[], { to, only }: RolloutFlags): string[][] {
  if (only !== undefined) return [[stackNamed(stacks, only).name]];
  return planWaves(to === undefined ? stacks : stacksUpTo(stacks, to));
}

/** Asks on the terminal; a stack changes only after `y`. */
const ask: Runner["approve"] = async (stack, { changes }, signal) => {
  const destructive = changes.some(({ kind }) => kind === "delete" || kind === "replace");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While readline waits for input, Ctrl-C is an event on its interface, not a signal.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const what = destructive ? "update it, including everything DELETED or REPLACED above" : "update it";
    return /^y(es)?$/i.test((await terminal.question(`${stack}: ${what}? [y/N] `, { signal })).trim());
  } finally {
    terminal.close();
  }
};

/** Omits the stack's outputs, which `pulumi stack output` prints. */
function jsonLine(event: RolloutEvent): string {
  if (event.type !== "summary") return JSON.stringify(event);
  const { changes, unchanged, warnings, violations } = event.summary;
  return JSON.stringify({ ...event, summary: { changes, unchanged, warnings, violations } });
}
