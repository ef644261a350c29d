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
import { EdgefirstError, messageOf } from "../../lib/errors.ts";
import { rootBehindShim } from "./cli-root.ts";
import { gatherEvents, reasonsOf, type EventLog } from "./engine-events.ts";
import { interruption } from "./interruption.ts";
import { waitForDeadLock } from "./lock.ts";
import { objectsIn, type StateDeployment } from "../../staging/state-objects.ts";
import { type EngineSummary } from "./summary.ts";

/** A stack of this project, and how to run the Pulumi CLI for it. */
export interface StackAddress {
  readonly name: string;
  /** The directory that contains Pulumi.yaml. */
  readonly project: string;
  /** Environment of the CLI in addition to this process's own: backend, PULUMI_HOME, PATH. */
  readonly env: NodeJS.ProcessEnv;
  /** Directory whose `bin` contains the CLI; by default the first CLI on PATH. */
  readonly cliRoot?: string;
  /** Create the stack if the backend does not have it. With the wrong backend this would deploy an existing stack from scratch, so only the sandbox sets it. */
  readonly create?: boolean;
}

/** Options of previews and updates. */
export interface RunOptions {
  /** Receives a line for each step and message. */
  readonly report: (text: string) => void;
  readonly signal: AbortSignal;
  /** A policy pack: its directory, or an executable file that serves it. */
  readonly policyPack?: string | undefined;
}

/** A finished or running update of a stack. */
export interface LastUpdate {
  readonly result: "not-started" | "in-progress" | "succeeded" | "failed";
  readonly end?: Date;
}

/**
 * Previews a stack; changes nothing.
 * @throws {EdgefirstError} with the program's own messages if the preview fails or violates a mandatory policy
 */
export async function previewStack(address: StackAddress, options: RunOptions): Promise<EngineSummary> {
  const stack = await open(address);
  const { log, onEvent } = gatherEvents(options.report, "planned");
  await run("preview", address, log, () => stack.preview(engineOptions(log, onEvent, options)));
  return log;
}

/**
 * Brings a stack up; the program verifies it.
 * @param takeOver remove the lock of an update on this machine whose process has exited
 * @throws {EdgefirstError} with the program's own messages if the update fails
 */
export async function upStack(
  address: StackAddress,
  options: RunOptions & { readonly takeOver: boolean },
): Promise<EngineSummary> {
  const { report, signal, takeOver } = options;
  const stack = await open(address);
  // After an update, the Automation API runs the CLI three more times for these. The engine's events have already reported the outputs.
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
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
 * Outputs of a stack's last update; empty before the first. Secrets stay `[secret]`, so this needs no passphrase, unlike the Automation API's own call.
 * @throws {EdgefirstError} if the backend cannot be reached, or has no such stack
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
      `Cannot read the outputs of stack ${name}: ${stderr?.trim() ?? messageOf(error)}`,
      "Check which backend is in use: pulumi whoami -v",
    );
  }
}

/** The last update in the backend's history; undefined before the first. A killed update is not in it. */
export async function lastUpdate(address: StackAddress): Promise<LastUpdate | undefined> {
  const stack = await open(address);
  const [last] = await stack.history(1, 1, false);
  return last && { result: last.result, end: last.endTime };
}

/** An operation in the backend's history. */
export interface PastUpdate {
  /** Such as `update`, `destroy` or `refresh`. */
  readonly kind: string;
  readonly result: string;
  readonly start: Date;
  readonly end: Date;
}

/** The latest operations in the backend's history, latest first. A killed update is not in it. */
export async function pastUpdates(address: StackAddress, most: number): Promise<PastUpdate[]> {
  const stack = await open(address);
  const updates = await stack.history(most, 1, false);
  return updates.map(({ kind, result, startTime, endTime }) => ({
    kind,
    result,
    start: new Date(startTime),
    end: new Date(endTime),
  }));
}

/** How the cluster differs from what the stack's last update left. Changes nothing. */
export async function previewDrift(address: StackAddress, options: RunOptions): Promise<EngineSummary> {
  const stack = await open(address);
  const { log, onEvent } = gatherEvents(options.report, "planned");
  await run("refresh", address, log, () => stack.previewRefresh(engineOptions(log, onEvent, options)));
  return log;
}

/** The Kubernetes objects in a stack's state. */
export async function deployedObjects(address: StackAddress): Promise<ObjectReference[]> {
  const stack = await open(address);
  return objectsIn((await stack.exportStack()).deployment as StateDeployment);
}

/** Runs the CLI. An error carries the program's own messages instead of the CLI's output. */
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
        `Check which backend is in use: pulumi whoami -v. If the stack is new, create it: pulumi stack init ${name}`,
        { cause: error },
      );
    const reasons = reasonsOf(what, log);
    const messages = reasons.length > 0 ? reasons : [messageOf(error)];
    throw new EdgefirstError(
      `The ${what} of stack ${name} failed:\n${messages.join("\n")}`,
      hintFor(messages, log.finished > 0 && what === "update"),
      { cause: error },
    );
  }
}

function hintFor(messages: readonly string[], changed: boolean): string | undefined {
  if (messages.some((message) => message.includes("failed to load checkpoint")))
    return "Nothing was changed. After a killed update, edgefirst rollout --resume repairs this; otherwise the stack's state file is damaged, and docs/guides/backends.md explains how to restore its last intact copy.";
  return changed ? "The changes made so far are recorded; the next update continues from there." : undefined;
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

/** Opens a stack without selecting it: the selection belongs to the user. */
async function open({ name, project, env, cliRoot, create }: StackAddress): Promise<AutomationStack> {
  const envVars = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value ?? ""]));
  const pulumiCommand = await findCli(cliRoot);
  const workspace = await LocalWorkspace.create({ workDir: project, envVars, pulumiCommand });
  if (create === true) return AutomationStack.createOrSelect(name, workspace);
  workspace.selectStack = () => Promise.resolve();
  return AutomationStack.select(name, workspace);
}

/** The CLIs found so far, so that a rollout does not ask for the version of the same one twice for every stack. */
const knownClis = new Map<string | undefined, PulumiCommand>();

/** The Pulumi CLI, or an error that explains how to install it. */
export async function findCli(cliRoot: string | undefined): Promise<PulumiCommand> {
  try {
    const root = cliRoot ?? (await rootBehindShim());
    const key = root ?? process.env.PATH;
    const cli = knownClis.get(key) ?? (await PulumiCommand.get(root === undefined ? {} : { root }));
    knownClis.set(key, cli);
    return cli;
  } catch (error) {
    if (error instanceof EdgefirstError) throw error;
    throw new EdgefirstError(
      `The Pulumi CLI cannot be run: ${outputOf(error)}`,
      "Put `pulumi` on PATH: run edgefirst with npx after npm ci, or use Pulumi's own installer.",
      { cause: error },
    );
  }
}

/** The CLI's own error output, which the Automation API wraps in more text. */
function outputOf(error: unknown): string {
  const { commandResult } = error as { commandResult?: { stderr?: string } };
  return commandResult?.stderr?.trim() ?? messageOf(error);
}
