import { call, currentProcess } from "./scheduler.ts";

// Replaces `@pulumi/pulumi` in staging with the parts of the SDK that staging uses, for the simulated process that is running.

/** A value that resolves later. Its failure is reported by whatever waits for it. */
export class Output<T> {
  readonly promise: Promise<T>;

  constructor(promise: Promise<T>) {
    this.promise = promise;
    promise.catch(() => undefined);
  }

  apply<U>(map: (value: T) => U | Promise<U> | Output<U>): Output<U> {
    return new Output(this.promise.then(async (value) => unwrap(await map(value))));
  }
}

export const unknown = Symbol("unknown");

export function output<T>(value: T | Promise<T> | Output<T>): Output<T> {
  return value instanceof Output ? value : new Output(Promise.resolve(value));
}

export function all(values: readonly unknown[]): Output<unknown[]> {
  return new Output(Promise.all(values.map(unwrap)));
}

export function unsecret<T>(value: Output<T>): Output<T> {
  return value;
}

function unwrap<T>(value: T | Output<T>): T | Promise<T> {
  return value instanceof Output ? value.promise : value;
}

export class RunError extends Error {}

export const getStack = (): string => currentProcess().args.stack;
export const getProject = (): string => "edgefirst";
export const getOrganization = (): string => "organization";

const write =
  (severity: string) =>
  (message: string): Promise<void> => {
    currentProcess().log.push(`${severity}: ${message}`);
    return Promise.resolve();
  };
export const log = {
  debug: write("debug"),
  info: write("info"),
  warn: write("warning"),
  error: write("error"),
};

export const runtime = {
  isDryRun: (): boolean => currentProcess().args.dryRun,
  invoke: async (token: string, { name = "", stackName = "" }: Record<string, string>): Promise<unknown> => {
    const process = currentProcess();
    await call(process);
    const { backend } = process.args;
    if (token === "pulumi:pulumi:readStackOutputs") return { outputs: backend.outputsOf(name) };
    if (token === "pulumi:pulumi:readStackResourceOutputs")
      return { outputs: backend.resourcesOf(stackName) };
    throw new Error(`the simulation has no ${token}`);
  },
};
