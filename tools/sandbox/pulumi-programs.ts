import { existsSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { findProgram } from "../toolchain/find.ts";
import { programNamed } from "../toolchain/program.ts";
import { PROGRAMS } from "../toolchain/programs.ts";
import { bundledLanguageHost, LANGUAGE_HOST } from "../toolchain/pulumi-language-host.ts";
import { whyUnreachable } from "../toolchain/reachable.ts";
import { pinnedVersion } from "../toolchain/version.ts";

/** The name of the Kubernetes provider. */
export const PROVIDER = "pulumi-resource-kubernetes";
const DOWNLOADS = "https://get.pulumi.com/";

/** The toolchain programs that `pulumiEnvironment` needs for a directory, in the order in which it needs them. */
export async function pulumiPrograms(dir: string): Promise<string[]> {
  const cli = await findProgram(programNamed("pulumi", PROGRAMS));
  const hasHost = cli !== undefined && (await bundledLanguageHost(cli)) !== undefined;
  const provider = await findProvider(join(resolve(dir), "pulumi"));
  const builds = provider === undefined && !(await canDownloadProvider());
  return ["pulumi", ...(hasHost ? [] : [LANGUAGE_HOST]), ...(builds ? [PROVIDER] : [])];
}

/** Whether the CLI is likely to be able to download the official provider. */
export async function canDownloadProvider(): Promise<boolean> {
  return process.env.EDGEFIRST_TOOLCHAIN !== "build" && (await whyUnreachable(DOWNLOADS)) === undefined;
}

/** The version that the project needs, such as `v4.25.0`. */
export async function providerVersion(): Promise<string> {
  return `v${(await pinnedVersion(programNamed(PROVIDER, PROGRAMS))).version}`;
}

/** The provider's path in a Pulumi home. */
export async function providerPlace(home: string): Promise<string> {
  return join(home, "plugins", `resource-kubernetes-${await providerVersion()}`, PROVIDER);
}

/**
 * An existing provider: the one that the environment variable names, a plugin in this home or in the user's, or one from the toolchain.
 * @param home the CLI's home
 */
export async function findProvider(home: string): Promise<string | undefined> {
  const found = await findProgram(programNamed(PROVIDER, PROGRAMS));
  if (found?.origin === "environment") return found.path;
  const installed = await providerPlace(home);
  if (await isFile(installed)) return installed;
  const users = await providerPlace(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"));
  return existsSync(users) ? users : found?.path;
}

/** Whether a path is a regular file. If it is, the CLI installed the plugin there; otherwise it would be a link. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch {
    return false;
  }
}
