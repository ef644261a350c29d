import { buildPrograms } from "./build.ts";
import { findProgram, type ResolvedProgram } from "./find.ts";
import { pullPrograms } from "./images/provision.ts";
import { programNamed, type Program } from "./program.ts";
import { PROGRAMS } from "./programs.ts";
import type { Progress } from "./progress.ts";
import { pinnedVersion } from "./version.ts";

export type { ResolvedProgram } from "./find.ts";

/** Options for resolving programs. */
export interface ResolveOptions {
  readonly progress: Progress;
  /** The environment in which to search and to run go. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly programs?: readonly Program[];
}

/** Resolves one program: see {@link resolvePrograms}. */
export async function resolveProgram(name: string, options: ResolveOptions): Promise<ResolvedProgram> {
  const { [name]: program } = await resolvePrograms([name], options);
  if (program === undefined) throw new Error(`${name} was not resolved`);
  return program;
}

/**
 * Resolves toolchain programs. Each comes from the first of these that has it: its environment variable; KUBEBUILDER_ASSETS and PATH, in a matching version;
 * the cache; its official image, if the registry can be reached; a build into the cache (EDGEFIRST_TOOLCHAIN allows only one of the last two). A command
 * resolves all programs that it needs, in the order in which it needs them, before it starts any of them.
 * @throws EdgefirstError if an environment variable does not name an executable file, if Go is missing (with every way to get the program), or if a build fails
 * (with the compiler's last lines)
 */
export async function resolvePrograms<Name extends string>(
  names: readonly Name[],
  options: ResolveOptions,
): Promise<Record<Name, ResolvedProgram>> {
  const { progress, env = process.env, signal, programs = PROGRAMS } = options;
  const resolved: Partial<Record<string, ResolvedProgram>> = {};
  const missing: Program[] = [];
  for (const program of new Set(names.map((name) => programNamed(name, programs)))) {
    const found = await findProgram(program, env);
    if (found === undefined) missing.push(program);
    else resolved[program.name] = found;
  }
  const pullable = missing.flatMap(({ name, image }) => (image === undefined ? [] : [{ name, image }]));
  const pulled = await pullPrograms(pullable, { progress, env, signal });
  const toBuild = missing.filter(({ name }) => !pulled.has(name));
  const built = await buildPrograms(toBuild, { progress, env, signal });
  for (const [name, path] of pulled) {
    const { version } = await pinnedVersion(programNamed(name, programs));
    resolved[name] = { name, path, version, origin: "image" };
  }
  for (const program of built) resolved[program.name] = program;
  return resolved as Record<Name, ResolvedProgram>;
}
