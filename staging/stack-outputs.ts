import * as pulumi from "@pulumi/pulumi";
import type { ObjectReference } from "../kube/client.ts";
import { EdgefirstError, messageOf } from "../lib/errors.ts";
import type { ClusterProvider } from "./cluster-identity.ts";
import { isObject } from "./state-objects.ts";

/** The outputs of a stack in this project, or why they cannot be read. */
export type OutputsReading =
  | { readonly state: "read"; readonly outputs: Readonly<Record<string, unknown>> }
  | { readonly state: "unknown" | "unreadable"; readonly message: string };

/**
 * Reads the outputs of a stack in this organization, and in this project unless another project is named. The engine's built-in invoke adds only its default
 * provider to the state. Its errors can be caught, unlike those of a StackReference.
 */
export async function readStackOutputs(
  stack: string,
  project = pulumi.getProject(),
): Promise<OutputsReading> {
  const name = nameOf(stack, project);
  try {
    const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
      outputs: Record<string, unknown>;
    };
    return { state: "read", outputs };
  } catch (error) {
    const message = reasonOf(error);
    if (/unknown stack|no stack named/i.test(message))
      return { state: "unknown", message: `The backend has no stack ${name}.` };
    return { state: "unreadable", message: `Cannot read the outputs of stack ${name}: ${message}` };
  }
}

/**
 * The Kubernetes objects in a stack's state. During an update, these include objects that the update has yet to delete.
 * @throws {EdgefirstError} if the backend does not respond
 */
export async function readRecordedObjects(stack: string): Promise<ObjectReference[]> {
  return (await readResources(stack)).flatMap(({ type, outputs }) =>
    isObject(type, outputs) ? [outputs] : [],
  );
}

/**
 * The settings that a Kubernetes provider in a stack's state uses to find its cluster; undefined if the state has no provider with that name.
 * @throws {EdgefirstError} if the backend does not respond
 */
export async function readRecordedProvider(
  stack: string,
  name: string,
): Promise<ClusterProvider | undefined> {
  const provider = (await readResources(stack)).find(
    ({ urn, type }) => type === "pulumi:providers:kubernetes" && urn.endsWith(`::${name}`),
  );
  if (provider === undefined) return undefined;
  const { kubeconfig, context, clusterIdentifier } = provider.outputs as ClusterProvider;
  return {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    ...(clusterIdentifier !== undefined && { clusterIdentifier }),
  };
}

async function readResources(stack: string): Promise<{ urn: string; type: string; outputs: unknown }[]> {
  const name = nameOf(stack);
  try {
    const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
      stackName: name,
    })) as { outputs: Record<string, { type: string; outputs: unknown }> };
    return Object.entries(outputs).map(([urn, resource]) => ({ urn, ...resource }));
  } catch (error) {
    throw new EdgefirstError(
      `Cannot read the state of stack ${name}: ${reasonOf(error)}`,
      "Check that the state backend can be reached, then run pulumi up again.",
    );
  }
}

function nameOf(stack: string, project = pulumi.getProject()): string {
  return `${pulumi.getOrganization()}/${project}/${stack}`;
}

function reasonOf(error: unknown): string {
  return messageOf(error).replace(/^invocation of \S+ returned an error: /, "");
}
