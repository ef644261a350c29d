import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import { pulumiEnvironment } from "../../tools/sandbox/pulumi.ts";
import { moduleDirectory } from "../../tools/toolchain/modules.ts";
import { temporaryDirectory } from "./temporary.ts";

/** The project under test: directory of Pulumi.yaml. */
export const PROJECT = join(import.meta.dirname, "../..");

/** The outcome of a CLI run. */
export interface Run {
  readonly code: number | null;
  /** Standard output and standard error, interleaved. */
  readonly output: string;
  readonly stdout: string;
}

/** A CLI run in progress. */
export interface Running {
  readonly pid: number;
  /** Its output so far. */
  readonly output: () => string;
  readonly ended: Promise<Run>;
}

/** One planned step of `pulumi preview --json`. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  /** The properties that an update changes. */
  readonly diffReasons?: readonly string[];
  readonly newState?: { readonly type: string; readonly inputs?: Record<string, unknown> };
}

/** The result of a preview. */
export interface Preview extends Run {
  readonly steps: readonly Step[];
  /** The steps that change something. */
  readonly changes: readonly Step[];
}

/** A workspace with its own backend and PULUMI_HOME, which runs real stacks of the real program. */
export class Engine {
  readonly dir: string;
  readonly #command: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(dir: string, command: string, env: NodeJS.ProcessEnv) {
    this.dir = dir;
    this.#command = command;
    this.#env = env;
  }

  /** @param program directory of the program that the stacks run */
  static async create(program = PROJECT): Promise<Engine> {
    const dir = temporaryDirectory("edgefirst-engine-");
    const { command, env } = await pulumiEnvironment({ dir, progress: () => undefined });
    const definition = parseDocument(readFileSync(join(program, "Pulumi.yaml"), "utf8"));
    definition.set("main", join(program, (definition.get("main") as string | undefined) ?? "index.ts"));
    mkdirSync(join(dir, "project"));
    writeFileSync(join(dir, "project/Pulumi.yaml"), definition.toString());
    return new Engine(dir, command, env);
  }

  /** The same workspace, with other variables for the CLI, such as another backend. */
  with(env: NodeJS.ProcessEnv): Engine {
    return new Engine(this.dir, this.#command, { ...this.#env, ...env });
  }

  /** The environment that points the CLI to this workspace. */
  get env(): NodeJS.ProcessEnv {
    return this.#env;
  }

  /** Creates a stack with this configuration, whose keys omit the namespace. */
  async stack(name: string, config: Readonly<Record<string, unknown>>): Promise<TestStack> {
    const stack = new TestStack(this, name);
    stack.configure(config);
    const run = await this.run(["stack", "init", name, "--non-interactive"]);
    if (run.code !== 0) throw new Error(run.output);
    return stack;
  }

  /** Runs the CLI in the project. */
  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return this.start(args, env).ended;
  }

  /**
   * Starts the CLI in the project.
   * @param wrapper a command that runs the command line that follows it
   */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}, wrapper: readonly string[] = []): Running {
    const [command, ...rest] = [...wrapper, this.#command, ...args];
    const child = spawn(command!, rest, {
      cwd: join(this.dir, "project"),
      env: { ...this.#env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<Run>((resolve, reject) => {
      child.on("error", reject).on("close", (code) => {
        resolve({ code, output, stdout });
      });
    });
    return { pid: child.pid ?? 0, output: () => output, ended };
  }
}

type Ended = Pick<Run, "code" | "output">;

/** Expects a run to succeed. @returns its output */
export async function expectSuccess(run: Ended | Promise<Ended>): Promise<string> {
  const { code, output } = await run;
  assert.equal(code, 0, output);
  return output;
}

/** Expects a run to fail with all of these messages, and without a stack trace. @returns its output */
export async function expectFailure(
  run: Ended | Promise<Ended>,
  ...messages: readonly RegExp[]
): Promise<string> {
  const { code, output } = await run;
  assert.notEqual(code, 0, output);
  for (const message of messages) assert.match(output, message);
  assert.doesNotMatch(output, /\n\s+at .*\.ts:\d+/);
  return output;
}

const NO_CONTROLLER = "these clusters have no controller for it";
/** The verification for most tests: without a soak and without checks that need controllers. */
export const QUICK_VERIFICATION = {
  soak: "0s",
  withoutSoak: "the test checks only the outcome",
  timeout: "30s",
  interval: "500ms",
  skip: { gateways: NO_CONTROLLER, routes: NO_CONTROLLER, flux: NO_CONTROLLER, gatus: NO_CONTROLLER },
};

/** The verification for tests that write the statuses of Flux: with a short soak. */
export const FLUX_VERIFICATION = {
  soak: "1s",
  timeout: "60s",
  interval: "500ms",
  skip: { gateways: NO_CONTROLLER, routes: NO_CONTROLLER, gatus: NO_CONTROLLER },
};

const UNATTENDED = ["--yes", "--skip-preview", "--non-interactive", "--color", "never"];

/** A real stack. */
export class TestStack {
  readonly name: string;
  readonly #engine: Engine;

  constructor(engine: Engine, name: string) {
    this.#engine = engine;
    this.name = name;
  }

  /** Replaces the configuration, secrets included. */
  configure(config: Readonly<Record<string, unknown>>): void {
    const file = join(this.#engine.dir, "project", `Pulumi.${this.name}.yaml`);
    let salt: unknown;
    try {
      salt = parseDocument(readFileSync(file, "utf8")).get("encryptionsalt");
    } catch {
      // No file yet.
    }
    const values = Object.fromEntries(
      Object.entries({ verification: QUICK_VERIFICATION, ...config }).map(([key, value]) => [
        `edgefirst:${key}`,
        value,
      ]),
    );
    const content = { ...(salt !== undefined && { encryptionsalt: salt }), config: values };
    // The CLI parses an unquoted timestamp as a date, and rewrites it in another format.
    writeFileSync(file, stringify(content, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" }));
  }

  async setSecret(key: string, value: string): Promise<void> {
    const run = await this.#engine.run(["config", "set", "--secret", key, value, "--stack", this.name]);
    if (run.code !== 0) throw new Error(run.output);
  }

  async preview(): Promise<Preview> {
    const run = await this.#engine.run(["preview", "--json", "--non-interactive", "--stack", this.name]);
    const steps = parseSteps(run.stdout);
    return { ...run, steps, changes: steps.filter(({ op }) => op !== "same" && op !== "read") };
  }

  /** A preview as text. */
  previewText(): Promise<Run> {
    return this.#engine.run(["preview", "--non-interactive", "--color", "never", "--stack", this.name]);
  }

  up(...flags: readonly string[]): Promise<Run> {
    return this.#engine.run(["up", ...UNATTENDED, "--stack", this.name, ...flags]);
  }

  /** Starts an update. */
  startUp(env: NodeJS.ProcessEnv = {}, wrapper: readonly string[] = []): Running {
    return this.#engine.start(["up", ...UNATTENDED, "--stack", this.name], env, wrapper);
  }

  /** Removes the lock of an update that has ended. */
  cancel(): Promise<Run> {
    return this.#engine.run(["cancel", "--yes", "--non-interactive", "--stack", this.name]);
  }

  destroy(): Promise<Run> {
    return this.#engine.run(["destroy", ...UNATTENDED, "--stack", this.name]);
  }

  async outputs(): Promise<Record<string, unknown>> {
    const run = await this.#engine.run(["stack", "output", "--json", "--stack", this.name]);
    if (run.code !== 0) throw new Error(run.output);
    return JSON.parse(run.stdout) as Record<string, unknown>;
  }

  /** The state as text, with secrets as stored. */
  async exportState(): Promise<string> {
    return (await this.#engine.run(["stack", "export", "--stack", this.name])).stdout;
  }
}

function parseSteps(stdout: string): Step[] {
  try {
    return (JSON.parse(stdout) as { steps?: Step[] }).steps ?? [];
  } catch {
    return [];
  }
}

/** Directory with the Gateway API's CRDs in the pinned Go module. */
export async function gatewayApiDirectory(): Promise<string> {
  return join(await moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api"), "config/crd/standard");
}
