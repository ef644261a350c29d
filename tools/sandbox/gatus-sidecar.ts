import { executablesOnPath, givenExecutable, isExecutable } from "../toolchain/executable.ts";
import { programImages } from "../toolchain/images/pins.ts";
import { pullPrograms, type ProvisionOptions } from "../toolchain/images/provision.ts";
import { pulledFile } from "../toolchain/images/pull.ts";
import { findPython } from "./python.ts";

const NAME = "gatus-sidecar";

/**
 * The path of gatus-sidecar: the first that is found in EDGEFIRST_GATUS_SIDECAR, on PATH or in the pulled image. It is not published as a Go module,
 * so it cannot be built through a module proxy; if it is not found, its container is simulated.
 * @throws EdgefirstError if the variable does not name an executable file
 */
export function findGatusSidecar(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = givenExecutable(NAME, "EDGEFIRST_GATUS_SIDECAR", env) ?? executablesOnPath(NAME, env)[0];
  if (given !== undefined) return given;
  const image = programImages().get(NAME);
  const pulled = image && pulledFile(NAME, image, env);
  return pulled !== undefined && isExecutable(pulled) ? pulled : undefined;
}

/** Whether Gatus can discover the endpoints of routes here. Otherwise, the stacks list them in their configuration. */
export function canDiscover(): boolean {
  return findGatusSidecar() !== undefined && findPython() !== undefined;
}

/** Pulls gatus-sidecar, unless it is already available or its registry does not respond. */
export async function fetchGatusSidecar(options: ProvisionOptions): Promise<void> {
  const image = programImages().get(NAME);
  if (image === undefined || findGatusSidecar(options.env) !== undefined) return;
  const progress: ProvisionOptions["progress"] = (line, style) => {
    // Leaves out the message that the program will be built from source, because gatus-sidecar cannot be.
    if (style !== undefined) options.progress(line, style);
  };
  await pullPrograms([{ name: NAME, image }], { progress, env: options.env, signal: options.signal });
}
