import { dirname } from "node:path";
import { cacheDirectory } from "./cache.ts";
import { duration } from "../../lib/duration.ts";
import { environmentVariable, type Program } from "./programs.ts";
import { pinnedVersion } from "./version.ts";

/** Every way to get a program, one a line. */
export async function waysToGet(program: Program, env: NodeJS.ProcessEnv): Promise<string> {
  const { name, installed, download, buildSeconds } = program;
  const version = await pinnedVersion(program);
  const cache = dirname(await cacheDirectory(program, env));
  return [
    "Any one of these gets it:",
    ...(installed ? [`- put ${name} ${installed.range(version)} on PATH`] : []),
    ...(download
      ? [`- with a network, run \`${download(version)}\` once: it downloads the official one`]
      : []),
    `- set ${environmentVariable(name)} to its path`,
    `- install Go 1.26 or newer (https://go.dev/dl): it is then built once, in about ${duration(buildSeconds)}, into ${cache}`,
  ].join("\n");
}
