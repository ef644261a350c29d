import { cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { totalmem } from "node:os";
import { basename, dirname, join } from "node:path";
import { duration } from "../../lib/duration.ts";
import { explainFileErrors } from "../../lib/file-error.ts";
import { withFileLock } from "../../lib/file-lock.ts";
import { identify } from "../../lib/process-identity.ts";
import { explainBuildError } from "./build-error.ts";
import { BuildPlan } from "./build-plan.ts";
import { buildArguments, cacheDirectory, moduleFiles } from "./cache.ts";
import { findProgram, type ResolvedProgram } from "./find.ts";
import { go } from "./go.ts";
import type { Program } from "./program.ts";
import type { Progress } from "./progress.ts";
import { pinnedVersion } from "./version.ts";

/** Options for a build. */
export interface BuildOptions {
  readonly progress: Progress;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** A build, and the plan that it is part of. */
interface Build {
  readonly program: Program;
  readonly version: string;
  readonly plan: BuildPlan;
}

const TICK_MS = 1_000;

/**
 * Builds programs into the cache, one after another, because a build uses every core. Announces all of them first.
 * @throws EdgefirstError if Go is missing (with every way to get the program), or if a build fails (with the compiler's last lines)
 */
export async function buildPrograms(
  programs: readonly Program[],
  options: BuildOptions,
): Promise<ResolvedProgram[]> {
  const [first] = programs;
  if (first === undefined) return [];
  await requireGo(first, options);
  const plan = new BuildPlan(programs);
  options.progress(plan.summary);
  const start = Date.now();
  const built: ResolvedProgram[] = [];
  for (const program of programs) built.push(await buildProgram(program, plan, options));
  const here = built.filter(({ origin }) => origin === "built").map(({ name }) => name);
  options.progress(`built ${here.join(", ") || "nothing"} in ${duration(secondsSince(start))}`);
  return built;
}

/** Throws if Go is missing, before any build is announced. */
async function requireGo(program: Program, { env, signal }: BuildOptions): Promise<void> {
  const { version } = await pinnedVersion(program);
  const what = `${program.name} ${version}`;
  await go(what, ["version"], { cwd: program.directory, env, signal }).catch(async (error: unknown) => {
    throw await explainBuildError(error, program, version, env);
  });
}

/** Builds a program once: a second caller, in this process or another, waits for the first. */
async function buildProgram(
  program: Program,
  plan: BuildPlan,
  options: BuildOptions,
): Promise<ResolvedProgram> {
  const target = await cacheDirectory(program, options.env);
  const { version } = await pinnedVersion(program);
  return explainFileErrors(`The cache ${dirname(target)}`, async () => {
    await mkdir(dirname(target), { recursive: true });
    return buildInto(target, { program, version, plan }, options);
  });
}

function buildInto(target: string, build: Build, options: BuildOptions): Promise<ResolvedProgram> {
  const { program, version, plan } = build;
  const onWait = ({ pid }: { pid: number }): void => {
    // A build in this process reports its own progress.
    if (pid === process.pid) return;
    options.progress(
      `${plan.position(0)}: waiting for process ${pid}, which is building ${program.name}`,
      "step",
    );
  };
  return withFileLock(`${target}.lock`, { onWait, signal: options.signal }, async () => {
    const found = await findProgram(program, options.env);
    if (found !== undefined) {
      plan.finished(undefined);
      return found;
    }
    await removeAbandoned(target);
    const workspace = await mkdtemp(`${workspacePrefix(target)}${process.pid}-`);
    const start = Date.now();
    try {
      await buildIn(workspace, build, options);
      await publish(join(workspace, "out"), target);
    } catch (error) {
      throw await explainBuildError(error, program, version, options.env);
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
    plan.finished(secondsSince(start));
    return { name: program.name, path: join(target, program.name), version, origin: "built" };
  });
}

/** Builds in a copy of the module, so that neither a preparation nor go writes into the source tree. */
async function buildIn(
  workspace: string,
  { program, version, plan }: Build,
  { progress, env, signal }: BuildOptions,
): Promise<void> {
  const what = `${program.name} ${version}`;
  const module = join(workspace, "module");
  for (const file of await moduleFiles(program)) await cp(join(program.directory, file), join(module, file));
  progress(`${plan.position(0)}: building ${what}`, "step");
  const start = Date.now();
  const timer = setInterval(() => {
    const seconds = secondsSince(start);
    progress(`${plan.position(seconds)}: building ${what}, for ${duration(seconds)}`, "tick");
  }, TICK_MS);
  try {
    await program.prepare?.({ directory: module, version, env, signal });
    const [build, ...args] = await buildArguments(program);
    const output = join(workspace, "out", program.name);
    await go(what, [build ?? "build", "-o", output, ...faster(program), ...args], {
      cwd: module,
      env: buildEnvironment(program, env),
      signal,
    });
  } finally {
    clearInterval(timer);
  }
}

/**
 * Compiler flags that shorten a build. They are not part of the cache key, because the program behaves the same with and without them.
 * Measured on kustomize, in CPU seconds for a build and for 30 runs: 53 and 0.33 by default; 45 and 0.32 without debug information, which
 * the linker drops anyway; 33 and 0.38 without inlining as well; 33 and 0.48 without any optimisation (`-N -l`), which therefore gains
 * nothing.
 */
function faster({ sandboxOnly }: Program): string[] {
  return [`-gcflags=all=-dwarf=false${sandboxOnly === true ? " -l" : ""}`];
}

/** In bytes. On a machine with less, a compiler with a larger heap could exhaust it. */
const AMPLE_MEMORY = 8e9;

/**
 * The environment of a build. With {@link AMPLE_MEMORY}, the compiler collects garbage less often, which takes 14 % off the CPU time of kustomize (43 s and 37 s,
 * means of two rounds).
 */
function buildEnvironment(program: Program, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...(totalmem() > AMPLE_MEMORY && { GOGC: "400" }),
    ...env,
    ...(program.static === true && { CGO_ENABLED: "0" }),
  };
}

function secondsSince(start: number): number {
  return Math.round((Date.now() - start) / 1000);
}

/** Publishes the build atomically. If another build was published first, it is kept. */
async function publish(directory: string, target: string): Promise<void> {
  try {
    await rename(directory, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

const workspacePrefix = (target: string): string => `${target}.building-`;

/** Removes the workspaces of killed builds. */
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
