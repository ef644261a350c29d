import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { planWaves } from "../rollout/plan.ts";
import { runRollout, succeeded, type Outcome } from "../rollout/run.ts";
import { BREAKING, breakApp, fixApp } from "../sandbox/broken-app.ts";
import { reconcileNow } from "../sandbox/flux-reconcile.ts";
import { whyNoNetworks } from "../sandbox/network/namespaces.ts";
import { waitUntil } from "../sandbox/processes.ts";
import { sandboxDown } from "../sandbox/sandbox.ts";
import { askServed, gatusSees, SERVED } from "../sandbox/served.ts";
import { publishWorkingCopy } from "../sandbox/working-copy.ts";
import { interruptible } from "./interrupt.ts";
import { moveApp } from "./move-app.ts";
import { progressTo } from "../toolchain/progress.ts";
import { prepareProject, unattendedRunner, type Project } from "./project.ts";
import { outcomeText, rolloutDisplay } from "./rollout-display.ts";

const INTERRUPT = {
  ending: "interrupted: stopping the tour",
  left: "The tour's sandbox is being deleted.",
  again: "still stopping: the current steps have to finish",
};
/** One stream for everything: what a step says and what it does belong together. */
const OUTPUT = process.stdout;
const progress = progressTo(OUTPUT);
const STEPS = 5;
const TIMEOUT_MS = 90_000;
/** The stack that depends on the one with the broken app. */
const GATED = "main";
const HOST = SERVED[BREAKING.stack]?.[BREAKING.name] ?? "";

/** Flags of `edgefirst tour`. */
export interface TourFlags {
  readonly dir: string;
  readonly keep?: true;
  readonly yes?: true;
}

/** What a tour step works on. */
interface Stage {
  readonly dir: string;
  readonly project: Project;
  readonly signal: AbortSignal;
  /** Announces a step and, on a terminal, waits for Enter. */
  readonly announce: (title: string, ...lines: readonly string[]) => Promise<void>;
}

/** `edgefirst tour`: shows in a new sandbox how a broken app on edge blocks main. */
export async function tour({ dir, keep, yes }: TourFlags): Promise<void> {
  if (existsSync(dir))
    throw new EdgefirstError(
      `${resolve(dir)} already exists, and the tour needs a new sandbox.`,
      `Delete it: edgefirst sandbox down --delete-data --dir ${dir}. Or name another directory with --dir.`,
    );
  const reason = await whyNoNetworks();
  if (reason !== undefined)
    throw new EdgefirstError(
      `The tour needs pods that run as processes, which is not possible here: ${reason}.`,
      "Try the sandbox with simulated pods instead: edgefirst start",
    );
  try {
    await interruptible(INTERRUPT, async (signal) => {
      const project = await prepareProject({ dir }, progress, signal);
      const announce = announcer(process.stdin.isTTY && OUTPUT.isTTY && !yes, signal);
      await show({ dir, project, signal, announce });
    });
  } finally {
    if (keep) OUTPUT.write(`\nThe sandbox is still up. Stop it: edgefirst sandbox down --dir ${dir}\n`);
    else await sandboxDown({ dir, deleteData: true, progress });
  }
}

async function show(stage: Stage): Promise<void> {
  const { announce, dir } = stage;
  await announce(
    "Two clusters are up. Roll the platform out on edge.",
    "Edge is verified: every check has to hold for the whole soak.",
  );
  expectSuccess(await rollOut(stage, BREAKING.stack));

  await announce(
    "Break an app on edge.",
    `A commit misspells a port in ${BREAKING.file}:`,
    `  -${BREAKING.right}`,
    `  +${BREAKING.wrong}`,
    "Flux applies it without an error, and the app no longer answers.",
  );
  breakApp(dir);
  await deploy(stage);
  await serving(stage, false);

  await announce("Roll out on main. Its gate checks edge first.");
  const refused = await rollOut(stage, GATED);
  if (refused.state !== "failed")
    throw new EdgefirstError(
      `The gate of main let the release pass while an app on edge was broken: ${outcomeText(refused)}.`,
    );
  say("Main is unchanged: its gate refused the release before the first resource.");

  await announce("Fix the app, and roll out on main again.");
  fixApp(dir);
  await deploy(stage);
  await serving(stage, true);
  expectSuccess(await rollOut(stage, GATED));
  say("Main runs the release that edge has proven.");

  await announce("Move an app on edge from its Ingress to a route, without breaking it.");
  const { project, signal } = stage;
  await moveApp({
    dir,
    kubeconfig: project.kubeconfig ?? "",
    clusters: project.stacks.map(({ name }) => name),
    progress,
    signal,
  });
  say("That was the tour. Next: edgefirst lint and edgefirst migrate on your own repository.");
}

/** Rolls out a single stack. */
async function rollOut({ project, signal }: Stage, stack: string): Promise<Outcome> {
  const waves = planWaves(project.stacks)
    .map((wave) => wave.filter((name) => name === stack))
    .filter((wave) => wave.length > 0);
  const display = rolloutDisplay({ stream: OUTPUT, live: OUTPUT.isTTY, now: Date.now });
  const result = await runRollout({
    waves,
    runner: unattendedRunner(project),
    ...{ parallel: 1, dryRun: false, resume: false },
    // A preview's summary is long; edgefirst rollout shows it.
    onEvent: (event) => {
      if (event.type !== "summary") display(event);
    },
    signal,
  });
  signal.throwIfAborted();
  const outcome = result.get(stack);
  if (outcome === undefined) throw new Error(`the sandbox has no stack ${stack}`);
  return outcome;
}

function expectSuccess(outcome: Outcome): void {
  if (!succeeded(new Map([["", outcome]])))
    throw new EdgefirstError(`The tour cannot continue: ${outcomeText(outcome)}.`);
}

/** Pushes the working copy, and returns when Flux has applied it. */
async function deploy({ dir, project, signal }: Stage): Promise<void> {
  const clusters = project.stacks.map(({ name }) => name);
  await publishWorkingCopy({ dir, clusters, progress, signal });
  await reconcileNow({ kubeconfig: project.kubeconfig ?? "", context: BREAKING.stack, signal });
}

/** Waits until the Gateway and Gatus agree on whether the app answers. */
async function serving({ dir, signal }: Stage, healthy: boolean): Promise<void> {
  const { url, status } = await waitUntil(
    `${HOST} to be ${healthy ? "up" : "down"}`,
    async () => {
      const answer = (await askServed(dir, BREAKING.stack)).find((each) => each.url.includes(HOST));
      return (answer?.status === 200) === healthy && answer;
    },
    { timeoutMs: TIMEOUT_MS, signal },
  );
  const sees = async (): Promise<boolean> => (await gatusSees(dir, BREAKING.name)) === healthy;
  await waitUntil(`Gatus to see ${HOST}`, sees, { timeoutMs: TIMEOUT_MS, signal });
  progress(`${url} answers ${status ?? "nothing"}, and Gatus sees it`);
}

function announcer(pauses: boolean, signal: AbortSignal): Stage["announce"] {
  let step = 0;
  return async (title, ...lines) => {
    step += 1;
    say("", `[${step}/${STEPS}] ${title}`, ...lines.map((line) => `      ${line}`));
    if (!pauses) return;
    const terminal = createInterface({ input: process.stdin, output: OUTPUT });
    try {
      await terminal.question("      Press Enter to continue. ", { signal });
    } finally {
      terminal.close();
    }
  };
}

function say(...lines: readonly string[]): void {
  OUTPUT.write(`${lines.join("\n")}\n`);
}
