import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SemVer } from "semver";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import type { Program } from "./program.ts";

/** Any program prints its version in less time than this; a shim that starts a download takes longer. */
const TIMEOUT_MS = 10_000;

/** The version that a program's module pins. */
export async function pinnedVersion({ name, directory, pin }: Program): Promise<SemVer> {
  const path = join(directory, pin.file);
  const version = pin.pattern.exec(await readFile(path, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${path} pins no version of ${name}`);
  return new SemVer(version);
}

/** The version that a program reports; undefined if it has no version option or does not respond. */
export async function installedVersion(
  { installed }: Pick<Program, "installed">,
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (installed === undefined) return undefined;
  // The Pulumi CLI writes logs into its home even for `pulumi version`.
  const home = temporaryFolder("version");
  try {
    const output = await run(path, installed.args, {
      ...env,
      PULUMI_HOME: home,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    });
    return installed.pattern.exec(output)?.[1];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function run(path: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    // The output of a failed run is not a version.
    execFile(path, args, { env, timeout: TIMEOUT_MS, killSignal: "SIGKILL" }, (error, stdout) => {
      resolve(error === null ? stdout : "");
    });
  });
}
