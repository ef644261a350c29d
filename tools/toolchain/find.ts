import { delimiter, join } from "node:path";
import { satisfies } from "semver";
import { cacheDirectory } from "./cache.ts";
import { executablesOnPath, givenExecutable, isExecutable } from "./executable.ts";
import { shimTarget } from "./npm-shim.ts";
import { environmentVariable, type Program } from "./programs.ts";
import { installedVersion, pinnedVersion } from "./version.ts";

/** Where a program was found. */
export interface ResolvedProgram {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Without a leading `v`; `unknown` where an explicitly given program does not tell. */
  readonly version: string;
  readonly origin: "environment" | "path" | "cache" | "built";
}

/**
 * Looks for a program and builds nothing: its environment variable, PATH and KUBEBUILDER_ASSETS where the version fits, the cache.
 * @throws EdgefirstError if the environment variable names something that cannot be run
 */
export async function findProgram(
  program: Program,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ResolvedProgram | undefined> {
  return (
    (await fromEnvironment(program, env)) ?? (await fromPath(program, env)) ?? (await fromCache(program, env))
  );
}

async function fromEnvironment(
  program: Program,
  env: NodeJS.ProcessEnv,
): Promise<ResolvedProgram | undefined> {
  const path = givenExecutable(program.name, environmentVariable(program.name), env);
  if (path === undefined) return undefined;
  const version = (await installedVersion(program, path, env)) ?? "unknown";
  return { name: program.name, path, version, origin: "environment" };
}

async function fromPath(program: Program, env: NodeJS.ProcessEnv): Promise<ResolvedProgram | undefined> {
  const { name, installed } = program;
  if (installed === undefined) return undefined;
  const range = installed.range(await pinnedVersion(program));
  const PATH = [env.KUBEBUILDER_ASSETS, env.PATH].filter(Boolean).join(delimiter);
  for (const found of executablesOnPath(name, { PATH })) {
    const path = (name === "pulumi" ? await shimTarget(found, env) : undefined) ?? found;
    const version = await installedVersion(program, path, env);
    if (version !== undefined && satisfies(version, range)) return { name, path, version, origin: "path" };
  }
  return undefined;
}

async function fromCache(program: Program, env: NodeJS.ProcessEnv): Promise<ResolvedProgram | undefined> {
  const path = join(await cacheDirectory(program, env), program.name);
  if (!isExecutable(path)) return undefined;
  const { version } = await pinnedVersion(program);
  return { name: program.name, path, version, origin: "cache" };
}
