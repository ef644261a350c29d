import * as pulumi from "@pulumi/pulumi";
import type { ObjectReference } from "../kube/client.ts";
import { EdgefirstError } from "../lib/errors.ts";
import { isObject } from "./state-objects.ts";

/** What the backend says of a stack of this project. */
export type OutputsReading =
  | { readonly state: "read"; readonly outputs: Readonly<Record<string, unknown>> }
  | { readonly state: "unknown" | "unreadable"; readonly message: string };

/**
 * Reads the outputs of a stack of this project and organisation. The engine's own invoke leaves no resource in the state but its default provider, and its errors can be caught;
 * those of a StackReference cannot.
 */
export async function readStackOutputs(stack: string): Promise<OutputsReading> {
  const name = nameOf(stack);
  try {
    const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
      outputs: Record<string, unknown>;
    };
    return { state: "read", outputs };
  } catch (error) {
    const message = messageOf(error);
    if (/unknown stack|no stack named/i.test(message))
      return { state: "unknown", message: `The backend knows no stack ${name}.` };
    return { state: "unreadable", message: `The outputs of stack ${name} cannot be read: ${message}` };
  }
}

/**
 * The Kubernetes objects in a stack's state, during an update also those that it has yet to delete.
 * @throws {EdgefirstError} where the backend gives no answer
 */
export async function readRecordedObjects(stack: string): Promise<ObjectReference[]> {
  const name = nameOf(stack);
  try {
    const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
      stackName: name,
    })) as { outputs: Record<string, { type: string; outputs: unknown }> };
    return Object.values(outputs).flatMap(({ type, outputs: object }) =>
      isObject(type, object) ? [object] : [],
    );
  } catch (error) {
    throw new EdgefirstError(`The state of stack ${name} cannot be read: ${messageOf(error)}`);
  }
}

function nameOf(stack: string): string {
  return `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^invocation of \S+ returned an error: /, "");
}
