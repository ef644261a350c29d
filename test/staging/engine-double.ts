import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";

/** What a program logged, as `severity: message`, and a way to end the recording. */
export interface EngineDouble {
  readonly logged: string[];
  restore(): void;
}

/**
 * Stands for the engine of stack `edge` in project `edgefirst` of organization `acme`.
 * @param invoke answers an invoke, such as `pulumi:pulumi:readStackOutputs`; may throw
 */
export async function engineDouble(
  invoke: (token: string, inputs: Readonly<Record<string, string>>) => object = () => ({}),
  { preview = false }: { readonly preview?: boolean } = {},
): Promise<EngineDouble> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
      call: ({ token, inputs }) => invoke(token, inputs as Record<string, string>),
    },
    "edgefirst",
    "edge",
    preview,
    "acme",
  );
  const logged: string[] = [];
  const mocks = (["error", "warn", "info"] as const).map((severity) =>
    mock.method(pulumi.log, severity, (message: string) => {
      logged.push(`${severity}: ${message}`);
      return Promise.resolve();
    }),
  );
  return {
    logged,
    restore: () => {
      for (const each of mocks) each.mock.restore();
    },
  };
}
