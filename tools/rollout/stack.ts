import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  ConcurrentUpdateError,
  LocalWorkspace,
  PulumiCommand,
  Stack as AutomationStack,
  StackNotFoundError,
} from "@pulumi/pulumi/automation/index.js";
import type { ObjectReference } from "../../kube/client.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { gatherEvents, reasonsOf, type EventLog } from "./engine-events.ts";
import { interruption } from "./interruption.ts";
import { waitForDeadLock } from "./lock.ts";
import { objectsIn, type StateDeployment } from "../../staging/state-objects.ts";
import { type EngineSummary } from "./summary.ts";

/** A stack of this project and how the Pulumi CLI is run for it. */
export interface StackAddress {
  readonly name: string;
  /** Directory of Pulumi.yaml. */
  readonly project: string;
  /** Environment of the CLI beside this process's own: backend, PULUMI_HOME, PATH. */
  readonly env: NodeJS.ProcessEnv;
  /** Directory whose `bin` holds the CLI; by default the first one on PATH. */
  readonly cliRoot?: string;
  /** Make the stack where the backend has none. A stack that exists elsewhere would then be deployed anew, hence only for backends of one's own. */
  readonly create?: boolean;
}

/** What a preview and an update have in common. */
export interface RunOptions {
  /** Gets a line on each step and message. */
  readonly report: (text: string) => void;
  readonly signal: AbortSignal;
  /** Directory of a policy pack. */
  readonly policyPack?: string | undefined;
}

/** A past or present update of a stack. */
export interface LastUpdate {
  readonly result: "not-started" | "in-progress" | "succeeded" | "failed";
  readonly end?: Date;
}

/**
 * Previews a stack; changes nothing.
 * @throws {EdgefirstError} with the program's own words where the preview fails, or a mandatory policy is violated
 */
export async function previewStack(address: StackAddress, options: RunOptions): Promise<EngineSummary> {
  const stack = await open(address);
  const { log, onEvent } = gatherEvents(options.report, "planned");
  await run("preview", address, log, () => stack.preview(engineOptions(log, onEvent, options)));
  return log;
}

/**
 * Brings a stack up, and has the program verify it.
 * @param takeOver remove the lock of an update on this machine whose process is gone
 * @throws {EdgefirstError} with the program's own words where the update fails
 */
export async function upStack(
  address: StackAddress,
  options: RunOptions & { readonly takeOver: boolean },
): Promise<EngineSummary> {
  const { report, signal, takeOver } = options;
  const stack = await open(address);
  for (;;) {
    const { log, onEvent } = gatherEvents(report, "done");
    try {
      await run("update", address, log, () => stack.up(engineOptions(log, onEvent, options)));
      return log;
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      if (!(cause instanceof ConcurrentUpdateError)) throw error;
      await waitForDeadLock({ stack: address.name, refusal: cause.message, takeOver, report, signal });
      await stack.cancel();
    }
  }
}

/**
 * Outputs of a stack's last update; empty before the first. Unlike the Automation API's own call it leaves secrets as `[secret]`, so that no
 * passphrase is needed.
 * @throws {EdgefirstError} where the backend cannot be reached, or has no such stack
 */
export async function stackOutputs(address: StackAddress): Promise<Readonly<Record<string, unknown>>> {
  const { name, project, env } = address;
  const { command } = await findCli(address.cliRoot);
  try {
    const args = ["stack", "output", "--json", "--non-interactive", "--stack", name];
    const options = { cwd: project, env: { ...process.env, ...env } };
    return JSON.parse((await promisify(execFile)(command, args, options)).stdout) as Record<string, unknown>;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new EdgefirstError(
      `The outputs of stack ${name} cannot be read: ${stderr?.trim() ?? messageOf(error)}`,
      "Check which backend this is: pulumi whoami -v",
    );
  }
}

/** The last update that the backend's history holds; undefined before the first. One that was killed is not in it. */
export async function lastUpdate(address: StackAddress): Promise<LastUpdate | undefined> {
  const stack = await open(address);
  const [last] = await stack.history(1, 1, false);
  return last && { result: last.result, end: last.endTime };
}

/** What of a stack differs on the cluster from what its last update has left. Reads the cluster; changes nothing. */
export async function previewDrift(address: StackAddress, options: RunOptions): Promise<EngineSummary> {
  const stack = await open(address);
  const { log, onEvent } = gatherEvents(options.report, "planned");
  await run("refresh", address, log, () => stack.previewRefresh(engineOptions(log, onEvent, options)));
  return log;
}

/** References of the Kubernetes objects that a stack's state holds. */
export async function deployedObjects(address: StackAddress): Promise<ObjectReference[]> {
  const stack = await open(address);
  return objectsIn((await stack.exportStack()).deployment as StateDeployment);
}

/** Runs the CLI; an error carries the program's own messages instead of the CLI's output. */
async function run(
  what: string,
  { name }: StackAddress,
  log: EventLog,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StackNotFoundError)
      throw new EdgefirstError(
        `The backend has no stack ${name}.`,
        `Check which backend this is (pulumi whoami -v); make the stack if it is a new one: pulumi stack init ${name}`,
        { cause: error },
      );
    const reasons = reasonsOf(what, log);
    const said = reasons.length > 0 ? reasons : [messageOf(error)];
    throw new EdgefirstError(
      `The ${what} of stack ${name} failed:\n${said.join("\n")}`,
      hintFor(said, log.finished > 0 && what === "update"),
      { cause: error },
    );
  }
}

function hintFor(said: readonly string[], changed: boolean): string | undefined {
  if (said.some((reason) => reason.includes("failed to load checkpoint")))
    return "The state file of the stack is damaged. Nothing was changed. docs/guides/backends.md says how its last whole copy is put back.";
  return changed ? "What it had done until then is recorded; the next update goes on from there." : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function engineOptions(
  log: EventLog,
  onEvent: ReturnType<typeof gatherEvents>["onEvent"],
  { signal, policyPack }: RunOptions,
) {
  return {
    onEvent,
    color: "never" as const,
    suppressProgress: true,
    signal: interruption(signal, () => log.interrupted),
    ...(policyPack !== undefined && { policyPacks: [policyPack] }),
  };
}

/** Opens a stack without selecting it: which one is selected is the user's. */
async function open({ name, project, env, cliRoot, create }: StackAddress): Promise<AutomationStack> {
  const envVars = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value ?? ""]));
  const pulumiCommand = await findCli(cliRoot);
  const workspace = await LocalWorkspace.create({ workDir: project, envVars, pulumiCommand });
  if (create === true) return AutomationStack.createOrSelect(name, workspace);
  workspace.selectStack = () => Promise.resolve();
  return AutomationStack.select(name, workspace);
}

async function findCli(cliRoot: string | undefined): Promise<PulumiCommand> {
  try {
    return await PulumiCommand.get(cliRoot === undefined ? {} : { root: cliRoot });
  } catch (error) {
    throw new EdgefirstError(
      `The Pulumi CLI cannot be used: ${refusalOf(error)}`,
      "Put `pulumi` on PATH: as npx does after npm ci, or by Pulumi's own installer.",
      { cause: error },
    );
  }
}

/** What the program wrote itself, where the Automation API tells it among other things. */
function refusalOf(error: unknown): string {
  const { commandResult } = error as { commandResult?: { stderr?: string } };
  return commandResult?.stderr?.trim() ?? messageOf(error);
}
