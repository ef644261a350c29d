import { cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { explainFileErrors } from "../../lib/file-error.ts";
import { withFileLock } from "../../lib/file-lock.ts";
import { identify } from "../../lib/process-identity.ts";
import { buildArguments, cacheDirectory, MODULE_FILES } from "./cache.ts";
import { duration } from "../../lib/duration.ts";
import { findProgram, type ResolvedProgram } from "./find.ts";
import { go, GoFailedError, GoMissingError } from "./go.ts";
import { environmentVariable, type Program } from "./programs.ts";
import { pinnedVersion } from "./version.ts";
import { waysToGet } from "./ways.ts";

/** How a build is run. */
export interface BuildOptions {
  readonly progress: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

const REPORT_EVERY_MS = 30_000;
const COMPILER_LINES = 20;

/**
 * Builds a program into the cache, once: a second caller, in this process or another, waits for the first.
 * @throws EdgefirstError without Go, with every way to get the program; or with the compiler's last lines if the build fails
 */
export async function buildProgram(program: Program, options: BuildOptions): Promise<ResolvedProgram> {
  const target = await cacheDirectory(program, options.env);
  return explainFileErrors(`The cache ${dirname(target)}`, async () => {
    await mkdir(dirname(target), { recursive: true });
    return buildInto(target, program, options);
  });
}

function buildInto(target: string, program: Program, options: BuildOptions): Promise<ResolvedProgram> {
  const onWait = ({ pid }: { pid: number }): void => {
    // This process has said already what it builds.
    if (pid !== process.pid) options.progress(`waiting for process ${pid}, which builds ${program.name}`);
  };
  return withFileLock(`${target}.lock`, { onWait, signal: options.signal }, async () => {
    const found = await findProgram(program, options.env);
    if (found !== undefined) return found;
    await removeAbandoned(target);
    const version = (await pinnedVersion(program)).version;
    const workspace = await mkdtemp(`${workspacePrefix(target)}${process.pid}-`);
    try {
      await buildIn(workspace, program, version, options);
      await publish(join(workspace, "out"), target);
    } catch (error) {
      throw await explain(error, program, version, options.env);
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
    return { name: program.name, path: join(target, program.name), version, origin: "built" };
  });
}

/** Builds in a copy of the module, so that neither a preparation nor go itself writes into the source tree. */
async function buildIn(
  workspace: string,
  program: Program,
  version: string,
  options: BuildOptions,
): Promise<void> {
  const { progress, env, signal } = options;
  const what = `${program.name} ${version}`;
  const module = join(workspace, "module");
  await cp(program.directory, module, {
    recursive: true,
    filter: (path) => path === program.directory || MODULE_FILES.some((file) => file === basename(path)),
  });
  await go(what, ["version"], { cwd: module, env, signal });
  progress(`building ${what} (about ${duration(program.buildSeconds)} on 2 cores, once)`);
  const start = Date.now();
  const seconds = (): number => Math.round((Date.now() - start) / 1000);
  const timer = setInterval(() => {
    progress(`still building ${what}, for ${duration(seconds())}`);
  }, REPORT_EVERY_MS);
  try {
    await program.prepare?.({ directory: module, version, env, signal });
    const [build, ...args] = await buildArguments(program);
    const output = join(workspace, "out", program.name);
    await go(what, [build ?? "build", "-o", output, ...args], { cwd: module, env, signal });
  } finally {
    clearInterval(timer);
  }
  progress(`built ${what} in ${duration(seconds())}`);
}

/** Makes the build visible in one step. A build of somebody else that came first is as good. */
async function publish(directory: string, target: string): Promise<void> {
  try {
    await rename(directory, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

const workspacePrefix = (target: string): string => `${target}.building-`;

/** Removes what killed builds left. */
async function removeAbandoned(target: string): Promise<void> {
  const prefix = basename(workspacePrefix(target));
  for (const entry of await readdir(dirname(target))) {
    if (!entry.startsWith(prefix)) continue;
    const pid = Number.parseInt(entry.slice(prefix.length), 10);
    if (identify(pid) === undefined) {
      await rm(join(dirname(target), entry), { recursive: true, force: true });
    }
  }
}

async function explain(
  error: unknown,
  program: Program,
  version: string,
  env: NodeJS.ProcessEnv,
): Promise<unknown> {
  if (error instanceof GoMissingError) {
    return new EdgefirstError(
      `${program.name} ${version} was not found, and there is no Go to build it with.`,
      await waysToGet(program, env),
      { cause: error },
    );
  }
  if (error instanceof GoFailedError) {
    const lines = error.output.split("\n").slice(-COMPILER_LINES);
    return new EdgefirstError(
      `${program.name} ${version} could not be built in ${program.directory}.`,
      [
        "Go's last lines:",
        ...lines.map((line) => `  ${line.slice(0, 300)}`),
        ...(error.output.includes("no space left on device")
          ? ["A disk is full: make room for the cache, and for Go's own (go env GOCACHE)."]
          : []),
        `Or set ${environmentVariable(program.name)} to the program's path.`,
      ].join("\n"),
      { cause: error },
    );
  }
  return error;
}
