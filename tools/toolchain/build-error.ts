import { EdgefirstError } from "../../lib/errors.ts";
import { GoFailedError, GoMissingError } from "./go.ts";
import { environmentVariable, type Program } from "./program.ts";
import { waysToGet } from "./ways.ts";

const COMPILER_LINES = 20;

/** The error to report for a failed build; an error that does not come from Go is returned unchanged. */
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
      "The last lines from Go:",
      ...lines.map((line) => `  ${line.slice(0, 300)}`),
      ...(error.output.includes("no space left on device")
        ? [
            "A disk is full. Free up space for this cache and for Go's build cache (go env GOCACHE prints its path).",
          ]
        : []),
      `Or set ${environmentVariable(program.name)} to the program's path.`,
    ].join("\n"),
    { cause: error },
  );
}
