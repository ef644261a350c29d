import { EdgefirstError } from "../../lib/errors.ts";
import { findProgram, type ResolvedProgram } from "./find.ts";
import { go, GoMissingError } from "./go.ts";
import type { Program } from "./program.ts";
import { PROGRAMS } from "./programs.ts";
import { pinnedVersion } from "./version.ts";
import { waysToGet } from "./ways.ts";

/** The state of a program, determined without building it. */
export interface Surveyed {
  readonly name: string;
  readonly purpose: string;
  /** The version that a build reports. */
  readonly pinned: string;
  readonly found?: ResolvedProgram;
  /**
   * `found`; `buildable`: the first command that needs the program builds it; `missing`: not found, and cannot be built because Go is
   * missing; `unusable`: the program's environment variable does not name an executable file.
   */
  readonly state: "found" | "buildable" | "missing" | "unusable";
  /** What to do if the state is `missing` or `unusable`. */
  readonly advice?: string;
}

/** Looks for every program without building any. */
export async function survey(
  env: NodeJS.ProcessEnv = process.env,
  programs: readonly Program[] = PROGRAMS,
): Promise<Surveyed[]> {
  const canBuild = await hasGo(env);
  return Promise.all(programs.map((program) => surveyOne(program, env, canBuild)));
}

async function surveyOne(program: Program, env: NodeJS.ProcessEnv, canBuild: boolean): Promise<Surveyed> {
  const { name, purpose } = program;
  const known = { name, purpose, pinned: (await pinnedVersion(program)).version };
  try {
    const found = await findProgram(program, env);
    if (found) return { ...known, found, state: "found" };
  } catch (error) {
    if (error instanceof EdgefirstError) return { ...known, state: "unusable", advice: error.message };
    throw error;
  }
  if (canBuild) return { ...known, state: "buildable" };
  return { ...known, state: "missing", advice: await waysToGet(program, env) };
}

async function hasGo(env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    await go("a build", ["version"], { cwd: import.meta.dirname, env });
    return true;
  } catch (error) {
    if (error instanceof GoMissingError) return false;
    throw error;
  }
}
