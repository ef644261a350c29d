import { executablesOnPath, givenExecutable } from "../toolchain/executable.ts";

const NAME = "gatus-sidecar";

/**
 * Path of a gatus-sidecar of this machine: by EDGEFIRST_GATUS_SIDECAR, else on PATH. It is no Go module that could be built from a proxy, so without one
 * its container is simulated.
 * @throws EdgefirstError where the variable names nothing that can be run
 */
export function findGatusSidecar(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return givenExecutable(NAME, "EDGEFIRST_GATUS_SIDECAR", env) ?? executablesOnPath(NAME, env)[0];
}
