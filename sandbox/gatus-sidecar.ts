import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { EdgefirstError } from "../errors.ts";

const NAME = "gatus-sidecar";
const VARIABLE = "EDGEFIRST_GATUS_SIDECAR";

/**
 * Path of a gatus-sidecar of this machine: by EDGEFIRST_GATUS_SIDECAR, else on PATH. It is no Go module that could be built from a proxy, so without one
 * its container is simulated.
 * @throws EdgefirstError where the variable names nothing that can be run
 */
export function findGatusSidecar(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = env[VARIABLE];
  if (given && !isExecutable(given))
    throw new EdgefirstError(
      `${VARIABLE} is set to ${given}, which is not a file that can be run.`,
      `Set it to the path of ${NAME}, or unset it.`,
    );
  const candidates = given
    ? [given]
    : (env.PATH ?? "").split(delimiter).flatMap((directory) => (directory ? [join(directory, NAME)] : []));
  const found = candidates.find(isExecutable);
  return found && resolve(found);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
