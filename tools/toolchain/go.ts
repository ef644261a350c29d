import { spawn } from "node:child_process";
import { EdgefirstError } from "../../lib/errors.ts";

/** How go is run. */
export interface GoOptions {
  readonly cwd: string;
  /** Environment of the caller; its PATH says where go is. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** There is no `go` on PATH. */
export class GoMissingError extends EdgefirstError {
  constructor(need: string) {
    super(`${need} needs Go, and there is none on PATH.`, "Install Go 1.26 or newer (https://go.dev/dl).");
  }
}

/** `go` ended with an error; `output` holds what it and the compiler said, on either stream. */
export class GoFailedError extends Error {
  readonly output: string;

  constructor(args: readonly string[], output: string) {
    super(`go ${args.join(" ")} failed:\n${output}`);
    this.output = output;
  }
}

/**
 * Runs go and returns its standard output.
 * @param need what it is run for, as the subject of {@link GoMissingError}'s message
 * @throws GoMissingError without a go on PATH; GoFailedError if it fails; the reason of `signal` if that ends it
 */
export function go(need: string, args: readonly string[], options: GoOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: options.cwd,
      env: goEnvironment(options.env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    // go passes an interrupt on to its compilers; any other signal would leave them running.
    const interrupt = (): boolean => child.kill("SIGINT");
    options.signal?.addEventListener("abort", interrupt, { once: true });
    if (options.signal?.aborted) interrupt();
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ENOENT" ? new GoMissingError(need) : error);
    });
    child.once("close", (code) => {
      options.signal?.removeEventListener("abort", interrupt);
      if (options.signal?.aborted) reject(options.signal.reason as Error);
      else if (code === 0) resolve(stdout);
      else reject(new GoFailedError(args, `${stderr}${stdout}`.trim()));
    });
  });
}

/** Settings of the caller that would give another program, or none, are left out. */
function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, GOOS: undefined, GOARCH: undefined, GOWORK: "off" };
}
