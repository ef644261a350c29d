import { buildProgram } from "./build.ts";
import { findProgram, type ResolvedProgram } from "./find.ts";
import { programNamed, type Program, PROGRAMS } from "./programs.ts";

export type { ResolvedProgram } from "./find.ts";

/** How programs are resolved. */
export interface ResolveOptions {
  /** Gets a line when a build starts, while it goes on, and when it is done. */
  readonly progress: (line: string) => void;
  /** The environment that is searched and in which go runs; that of this process if absent. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly programs?: readonly Program[];
}

/**
 * A program of the toolchain, from the first of: its environment variable; PATH and KUBEBUILDER_ASSETS where the version fits; the
 * cache; a build into the cache.
 * @throws EdgefirstError if the environment variable is set to something that cannot be run; without Go, with every way to get the
 * program; with the compiler's last lines if the build fails
 */
export async function resolveProgram(name: string, options: ResolveOptions): Promise<ResolvedProgram> {
  const { progress, env = process.env, signal, programs = PROGRAMS } = options;
  const program = programNamed(name, programs);
  return (await findProgram(program, env)) ?? (await buildProgram(program, { progress, env, signal }));
}

/** Several programs, in the order of the names. What is missing is built one after another: a build uses every core. */
export async function resolvePrograms<Name extends string>(
  names: readonly Name[],
  options: ResolveOptions,
): Promise<Record<Name, ResolvedProgram>> {
  const resolved: Partial<Record<Name, ResolvedProgram>> = {};
  for (const name of names) resolved[name] = await resolveProgram(name, options);
  return resolved as Record<Name, ResolvedProgram>;
}
