import { join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { go, GoFailedError, type GoOptions } from "./go.ts";

/**
 * The read-only directory of a Go module's source, downloaded by go if needed and checked against go.sum.
 * @param module the folder next to this file that pins the module, such as `gateway-api`
 * @param goModulePath such as `sigs.k8s.io/gateway-api`
 * @throws EdgefirstError if Go is missing, or the module cannot be downloaded or does not match go.sum
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
      `The Go module ${goModulePath} could not be downloaded: ${error.output.trim()}`,
      `Check the network and GOPROXY. The version is pinned in ${join(cwd, "go.mod")}.`,
      { cause: error },
    );
  }
}
