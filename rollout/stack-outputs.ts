import * as pulumi from "@pulumi/pulumi";

/** What the backend says of a stack of this project. */
export type StackReading =
  | { readonly state: "read"; readonly outputs: Readonly<Record<string, unknown>> }
  | { readonly state: "unknown" | "unreadable"; readonly message: string };

/**
 * Reads the outputs of a stack of this project and organisation. The engine's own invoke leaves no resource in the state but its default provider, and its errors can be caught;
 * those of a StackReference cannot.
 */
export async function readStackOutputs(stack: string): Promise<StackReading> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
  try {
    const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
      outputs: Record<string, unknown>;
    };
    return { state: "read", outputs };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/unknown stack|no stack named/i.test(message))
      return { state: "unknown", message: `The backend knows no stack ${name}.` };
    return { state: "unreadable", message: `The outputs of stack ${name} cannot be read: ${message}` };
  }
}
