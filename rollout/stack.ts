import {
  LocalWorkspace,
  PulumiCommand,
  type Stack as AutomationStack,
} from "@pulumi/pulumi/automation/index.js";
import type { ObjectReference } from "../cluster/client.ts";
import { EdgefirstError } from "../errors.ts";

/** A stack of this project and how the Pulumi CLI is run for it. */
export interface StackAddress {
  readonly name: string;
  /** Directory of Pulumi.yaml. */
  readonly project: string;
  /** Environment of the CLI: backend, PULUMI_HOME, PATH. */
  readonly env: NodeJS.ProcessEnv;
  /** Directory whose `bin` holds the CLI; by default the first one on PATH. */
  readonly cliRoot?: string;
  /** Configuration file in place of `Pulumi.<name>.yaml`. */
  readonly configFile?: string;
}

/** What an `up` did. */
export interface UpSummary {
  /** Number of resources by operation: create, update, same, … */
  readonly changes: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * Brings a stack up, making it where it does not exist.
 * @param onOutput gets the CLI's output, line by line or in pieces
 * @throws {EdgefirstError} with the CLI's own words where the update fails
 */
export async function upStack(
  address: StackAddress,
  onOutput: (text: string) => void,
  signal?: AbortSignal,
): Promise<UpSummary> {
  const stack = await open(address);
  try {
    const result = await stack.up({
      onOutput,
      color: "never",
      ...(address.configFile !== undefined && { configFile: address.configFile }),
      ...(signal !== undefined && { signal }),
    });
    return {
      changes: result.summary.resourceChanges ?? {},
      outputs: Object.fromEntries(
        Object.entries(result.outputs).map(([key, { value, secret }]) => [
          key,
          secret ? "[secret]" : (value as unknown),
        ]),
      ),
    };
  } catch (error) {
    throw new EdgefirstError(
      `The update of stack ${address.name} failed.`,
      "The lines above say why; what it had done until then is recorded, and the next up goes on from there.",
      { cause: error },
    );
  }
}

/** References of the Kubernetes objects that a stack's state holds. */
export async function deployedObjects(address: StackAddress): Promise<ObjectReference[]> {
  const stack = await open(address);
  const { deployment } = (await stack.exportStack()) as { deployment: { resources?: StateResource[] } };
  return (deployment.resources ?? [])
    .filter(
      ({ type, custom, delete: replaced }) =>
        custom && replaced !== true && /^kubernetes:(?!.*:(.*List|Provider)$)/.test(type),
    )
    .flatMap(({ outputs }) => (isReference(outputs) ? [outputs] : []));
}

interface StateResource {
  readonly type: string;
  readonly custom: boolean;
  readonly delete?: boolean;
  readonly outputs?: unknown;
}

function isReference(value: unknown): value is ObjectReference {
  return typeof value === "object" && value !== null && "kind" in value && "metadata" in value;
}

async function open({ name, project, env, cliRoot }: StackAddress): Promise<AutomationStack> {
  const envVars = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value ?? ""]));
  const pulumiCommand = await PulumiCommand.get(cliRoot === undefined ? {} : { root: cliRoot });
  return LocalWorkspace.createOrSelectStack(
    { stackName: name, workDir: project },
    { envVars, pulumiCommand },
  );
}
