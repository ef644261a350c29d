import { delimiter, join } from "node:path";
import { satisfies } from "semver";
import { cacheDirectory } from "./cache.ts";
import { executablesOnPath, givenExecutable, isExecutable } from "./executable.ts";
import { toolchainMode } from "./images/provision.ts";
import { pulledFile } from "./images/pull.ts";
import { shimTarget } from "./npm-shim.ts";
import { environmentVariable, type Program } from "./program.ts";
import { installedVersion, pinnedVersion } from "./version.ts";

/** A program, and where it was found. */
export interface ResolvedProgram {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Without a leading `v`. `unknown` if an environment variable names the program, and the program has no version option. */
  readonly version: string;
  /** `image`: in the cache, from an official image; `cache`: in the cache, from a build; `built`: just built. */
  readonly origin: "environment" | "path" | "image" | "cache" | "built";
}

/**
 * Looks for a program without building it: in its environment variable, then for a matching version in KUBEBUILDER_ASSETS and on PATH, then
 * in the cache.
 * @throws EdgefirstError if the environment variable does not name an executable file
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
  const { name, image } = program;
  const mode = toolchainMode(env);
  const { version } = await pinnedVersion(program);
  const pulled = image === undefined || mode === "build" ? undefined : pulledFile(name, image, env);
  if (pulled !== undefined && isExecutable(pulled)) return { name, path: pulled, version, origin: "image" };
  if (image !== undefined && mode === "images") return undefined;
  const path = join(await cacheDirectory(program, env), name);
  return isExecutable(path) ? { name, path, version, origin: "cache" } : undefined;
}
