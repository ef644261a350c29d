import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";

/** Whether a path is a file that this user can run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The program that a person names by an environment variable; undefined where it is not set.
 * @param name what the person knows the program by
 * @throws EdgefirstError where the variable names nothing that can be run
 */
export function givenExecutable(name: string, variable: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = env[variable];
  if (!value) return undefined;
  const path = resolve(value);
  if (isExecutable(path)) return path;
  throw new EdgefirstError(
    `${variable} is set to ${value}, which is not a file that can be run.`,
    `Set it to the path of ${name}, or unset it.`,
  );
}

/** Every file of this name that can be run, in the order of PATH. */
export function executablesOnPath(name: string, { PATH = "" }: NodeJS.ProcessEnv): readonly string[] {
  return PATH.split(delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => resolve(join(directory, name)))
    .filter(isExecutable);
}
