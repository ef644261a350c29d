import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";

/** Whether a path is a file that this user can execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The program that an environment variable names; undefined if it is not set.
 * @param name the program's name, for messages
 * @throws EdgefirstError if the variable does not name an executable file
 */
export function givenExecutable(name: string, variable: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = env[variable];
  if (!value) return undefined;
  const path = resolve(value);
  if (isExecutable(path)) return path;
  throw new EdgefirstError(
    `${variable} is set to ${value}, which is not an executable file.`,
    `Set it to the path of ${name}, or unset it.`,
  );
}

/** All executable files on PATH with this name, in the order of PATH. */
export function executablesOnPath(name: string, { PATH = "" }: NodeJS.ProcessEnv): readonly string[] {
  return PATH.split(delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => resolve(join(directory, name)))
    .filter(isExecutable);
}
