import { executablesOnPath, givenExecutable } from "../toolchain/executable.ts";

const NAME = "gatus-sidecar";

/**
 * Path of an installed gatus-sidecar: EDGEFIRST_GATUS_SIDECAR, else PATH. It is not published as a Go module, so it cannot be built
 * from a proxy; without it, its container is simulated.
 * @throws EdgefirstError if the variable does not name an executable file
 */
export function findGatusSidecar(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return givenExecutable(NAME, "EDGEFIRST_GATUS_SIDECAR", env) ?? executablesOnPath(NAME, env)[0];
}
