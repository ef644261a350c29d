import { access, constants, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { satisfies } from "semver";
import { EdgefirstError } from "../errors.ts";
import { cacheDirectory } from "./cache.ts";
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
  const variable = environmentVariable(program.name);
  const value = env[variable];
  if (!value) return undefined;
  const path = resolve(value);
  if (!(await isExecutable(path))) {
    throw new EdgefirstError(
      `${variable} is set to ${value}, which is not a file that can be run.`,
      `Set it to the path of ${program.name}, or unset it.`,
    );
  }
  const version = (await installedVersion(program, path, env)) ?? "unknown";
  return { name: program.name, path, version, origin: "environment" };
}

async function fromPath(program: Program, env: NodeJS.ProcessEnv): Promise<ResolvedProgram | undefined> {
  const { name, installed } = program;
  if (installed === undefined) return undefined;
  const range = installed.range(await pinnedVersion(program));
  const directories = [env.KUBEBUILDER_ASSETS, ...(env.PATH ?? "").split(delimiter)];
  for (const directory of directories) {
    if (!directory || !(await isExecutable(join(directory, name)))) continue;
    const found = resolve(directory, name);
    const path = (name === "pulumi" ? await shimTarget(found, env) : undefined) ?? found;
    const version = await installedVersion(program, path, env);
    if (version !== undefined && satisfies(version, range)) return { name, path, version, origin: "path" };
  }
  return undefined;
}

async function fromCache(program: Program, env: NodeJS.ProcessEnv): Promise<ResolvedProgram | undefined> {
  const path = join(await cacheDirectory(program, env), program.name);
  if (!(await isExecutable(path))) return undefined;
  const { version } = await pinnedVersion(program);
  return { name: program.name, path, version, origin: "cache" };
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
