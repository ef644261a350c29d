import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { LocalWorkspace, Stack as AutomationStack } from "@pulumi/pulumi/automation/index.js";
import { parse } from "../../lib/quiet-yaml.ts";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { EdgefirstError, messageOf } from "../../lib/errors.ts";
import {
  DIRECTIVES_OUTPUT,
  directivesIn,
  directivesProject,
  NO_DIRECTIVES,
  withDirective,
  type Directive,
  type Directives,
} from "../../staging/directives.ts";
import { readStackOutputs } from "../../staging/stack-outputs.ts";
import { findCli, type StackAddress } from "./stack.ts";

/**
 * These stacks hold no secrets, so the passphrase protects nothing. A fixed one lets everyone who can write to the backend add a directive,
 * regardless of the project's own passphrase.
 */
const PASSPHRASE = "edgefirst-directives";

/**
 * The directives of a stack.
 * @throws {EdgefirstError} if the backend cannot be reached
 */
export async function readDirectives(address: StackAddress): Promise<Directives> {
  return (await readAllDirectives([address])).get(address.name) ?? NO_DIRECTIVES;
}

/**
 * The directives of several stacks of a project; those without any are left out.
 * @throws {EdgefirstError} if the backend cannot be reached
 */
export async function readAllDirectives(
  addresses: readonly StackAddress[],
): Promise<Map<string, Directives>> {
  const [first] = addresses;
  if (first === undefined) return new Map();
  return inWorkspace(first, async (workspace) => {
    const known = new Set((await workspace.listStacks()).map(({ name }) => name.split("/").at(-1)));
    const found = new Map<string, Directives>();
    for (const { name } of addresses) if (known.has(name)) found.set(name, await outputsOf(workspace, name));
    return found;
  });
}

/**
 * Adds a directive. Reads and writes under the directive stack's lock, so that two people cannot overwrite each other's directives.
 * @throws {EdgefirstError} if the backend cannot be reached, or the stack is locked
 */
export async function addDirective(address: StackAddress, directive: Directive): Promise<Directives> {
  return inWorkspace(address, async (workspace) => {
    const { name } = address;
    workspace.program = async () => {
      const found = readable(directivesIn(name, await readStackOutputs(name)));
      return { [DIRECTIVES_OUTPUT]: withDirective(found, directive) };
    };
    const stack = await AutomationStack.createOrSelect(name, workspace);
    const { outputs } = await stack.up({ color: "never", suppressProgress: true });
    return outputs[DIRECTIVES_OUTPUT]?.value as Directives;
  });
}

async function outputsOf(workspace: LocalWorkspace, name: string): Promise<Directives> {
  const { [DIRECTIVES_OUTPUT]: output } = await workspace.stackOutputs(name);
  const outputs = output === undefined ? {} : { [DIRECTIVES_OUTPUT]: output.value as unknown };
  return readable(directivesIn(name, { state: "read", outputs }));
}

function readable(found: Directives | string): Directives {
  if (typeof found !== "string") return found;
  throw new EdgefirstError(found, "Nothing was changed.");
}

/** Runs work in a workspace for the directives' project, in the same backend as the stack. */
async function inWorkspace<T>(
  { name, project, env, cliRoot }: StackAddress,
  work: (workspace: LocalWorkspace) => Promise<T>,
): Promise<T> {
  const pulumiCommand = await findCli(cliRoot);
  const definition = parse(await readFile(join(project, "Pulumi.yaml"), "utf8")) as {
    name: string;
    backend?: { url?: string };
  };
  const workDir = temporaryFolder("directives");
  try {
    const workspace = await LocalWorkspace.create({
      workDir,
      pulumiCommand,
      envVars: { ...definedIn(env), PULUMI_CONFIG_PASSPHRASE: PASSPHRASE },
      projectSettings: {
        name: directivesProject(definition.name),
        runtime: "nodejs",
        ...(definition.backend?.url !== undefined && { backend: { url: definition.backend.url } }),
      },
    });
    return await work(workspace);
  } catch (error) {
    if (error instanceof EdgefirstError) throw error;
    throw new EdgefirstError(
      `Cannot reach the directives of stack ${name}: ${reasonOf(error)}`,
      "Check which backend is in use: pulumi whoami -v",
      { cause: error },
    );
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function definedIn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value ?? ""]));
}

/** The CLI's error output, which the Automation API wraps in more text. */
function reasonOf(error: unknown): string {
  const { commandResult } = error as { commandResult?: { stderr?: string } };
  const stderr = commandResult?.stderr?.trim() ?? "";
  return stderr === "" ? messageOf(error) : stderr;
}
