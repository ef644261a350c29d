import { existsSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";

/**
 * The directory whose `bin` has the CLI that npm's package `pulumi` would start. The script that this package puts on PATH does not pass signals on: it
 * dies, and leaves an update running that holds the stack's lock.
 * @param path value of PATH
 * @returns undefined if PATH has the CLI itself, or no `pulumi` at all
 * @throws {EdgefirstError} if the CLI has to be downloaded and cannot be
 */
export async function rootBehindShim(path = process.env.PATH ?? ""): Promise<string | undefined> {
  const files = path.split(delimiter).map((directory) => join(directory, "pulumi"));
  const found = files.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
  if (found === undefined) return undefined;
  const script = realpathSync(found);
  const resolver = join(dirname(script), "lib/resolve.js");
  if (basename(script) !== "run.js" || !existsSync(resolver)) return undefined;
  const { resolve } = createRequire(script)(resolver) as { resolve?: () => Promise<string> };
  if (resolve === undefined) return undefined;
  // Downloads the CLI on first use, as the script does.
  const cli = await resolve().catch((error: unknown) => {
    throw new EdgefirstError(
      `${found} could not download the Pulumi CLI: ${String(error)}`,
      `Let this machine reach get.pulumi.com once. If a CLI is installed, delete ${found}, which npx puts before it on PATH.`,
      { cause: error },
    );
  });
  return dirname(dirname(cli));
}
