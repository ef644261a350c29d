import { spawn } from "node:child_process";
import { join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { userCache } from "../../lib/user-cache.ts";

/** Options for running go. */
export interface GoOptions {
  readonly cwd: string;
  /** The caller's environment, with the PATH on which to find go. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Thrown if `go` is not on PATH. */
export class GoMissingError extends EdgefirstError {
  constructor(need: string) {
    super(`${need} needs Go, which is not on PATH.`, "Install Go 1.26 or newer (https://go.dev/dl).");
  }
}

/** Thrown if `go` fails; `output` holds everything that go and the compiler printed. */
export class GoFailedError extends Error {
  readonly output: string;

  constructor(args: readonly string[], output: string) {
    super(`go ${args.join(" ")} failed:\n${output}`);
    this.output = output;
  }
}

/**
 * Runs go and returns its standard output.
 * @param need what go is run for; becomes the subject of {@link GoMissingError}'s message
 * @throws GoMissingError if go is not on PATH; GoFailedError if go fails; the reason of `signal` if it is aborted
 */
export function go(need: string, args: readonly string[], options: GoOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: options.cwd,
      env: goEnvironment(options.env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    // go forwards only SIGINT to the compilers that it starts; after any other signal, they would keep running.
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

/**
 * The environment without the caller's settings that would make go build a different program, or fail, and with a build cache for these programs only: several
 * GB that `edgefirst toolchain prune --go-cache` can empty without affecting your other projects.
 */
function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    GOOS: undefined,
    GOARCH: undefined,
    GOWORK: "off",
    GOCACHE: env.GOCACHE ?? ownGoCache(env),
  };
}

/** Go's build cache for the toolchain, unless GOCACHE names another. */
export const ownGoCache = (env: NodeJS.ProcessEnv): string => join(userCache(env), "go-build");
