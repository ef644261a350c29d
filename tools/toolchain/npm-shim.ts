import { readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/**
 * The npm package `pulumi` puts a script named `pulumi` on the PATH of npm scripts, which downloads the official CLI on its first run.
 * Returns the path of the CLI that the script would run, downloaded or not; undefined if `path` is not that script. The path follows the
 * package's `lib/cache.js` and `lib/resolve.js`.
 */
export async function shimTarget(path: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const directory = dirname(await realpath(path));
  let manifest: { name?: string; version?: string };
  try {
    manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as typeof manifest;
  } catch {
    return undefined;
  }
  if (manifest.name !== "pulumi" || manifest.version === undefined) return undefined;
  const home = env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  return join(home, "versions", env.PULUMI_VERSION ?? manifest.version, "bin/pulumi");
}
