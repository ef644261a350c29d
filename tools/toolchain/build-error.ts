import { EdgefirstError } from "../../lib/errors.ts";
import { GoFailedError, GoMissingError } from "./go.ts";
import { environmentVariable, type Program } from "./program.ts";
import { waysToGet } from "./ways.ts";

const COMPILER_LINES = 20;

/** The error for a failed build; errors that have nothing to do with go are returned as they are. */
export async function explainBuildError(
  error: unknown,
  program: Program,
  version: string,
  env: NodeJS.ProcessEnv,
): Promise<unknown> {
  if (error instanceof GoMissingError) {
    return new EdgefirstError(
      `${program.name} ${version} was not found, and it cannot be built without Go.`,
      await waysToGet(program, env),
      { cause: error },
    );
  }
  if (!(error instanceof GoFailedError)) return error;
  const lines = error.output.split("\n").slice(-COMPILER_LINES);
  return new EdgefirstError(
    `${program.name} ${version} could not be built in ${program.directory}.`,
    [
      "Go's last lines:",
      ...lines.map((line) => `  ${line.slice(0, 300)}`),
      ...(error.output.includes("no space left on device")
        ? ["A disk is full: make room for the cache and for Go's own (go env GOCACHE)."]
        : []),
      `Or set ${environmentVariable(program.name)} to the program's path.`,
    ].join("\n"),
    { cause: error },
  );
}
