import { join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { go, GoFailedError, type GoOptions } from "./go.ts";

/**
 * The directory of a Go module's source, fetched by go where it is not there yet and checked against go.sum. Read only.
 * @param module folder beside this file that pins it, such as `gateway-api`
 * @param goModulePath such as `sigs.k8s.io/gateway-api`
 * @throws EdgefirstError without Go, or if the module cannot be fetched or is not what go.sum says
 */
export async function moduleDirectory(
  module: string,
  goModulePath: string,
  options: Partial<Omit<GoOptions, "cwd">> = {},
): Promise<string> {
  const cwd = join(import.meta.dirname, module);
  try {
    const output = await go(`The source of ${goModulePath}`, ["mod", "download", "-json", goModulePath], {
      cwd,
      env: process.env,
      ...options,
    });
    return (JSON.parse(output) as { Dir: string }).Dir;
  } catch (error) {
    if (!(error instanceof GoFailedError)) throw error;
    throw new EdgefirstError(
      `The Go module ${goModulePath} could not be fetched: ${error.output.trim()}`,
      `Check the network, or GOPROXY; the version is pinned in ${join(cwd, "go.mod")}.`,
      { cause: error },
    );
  }
}
