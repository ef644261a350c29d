import { dirname } from "node:path";
import { duration } from "../../lib/duration.ts";
import { cacheDirectory } from "./cache.ts";
import { environmentVariable, type Program } from "./program.ts";
import { pinnedVersion } from "./version.ts";

/** Every way to get a program, one per line. */
export async function waysToGet(program: Program, env: NodeJS.ProcessEnv): Promise<string> {
  const { name, installed, download, image, buildSeconds } = program;
  const version = await pinnedVersion(program);
  const cache = dirname(await cacheDirectory(program, env));
  return [
    "Do one of these:",
    ...(installed ? [`- put ${name} ${installed.range(version)} on PATH`] : []),
    ...(download ? [`- run \`${download(version)}\` once to download the official one`] : []),
    ...(image
      ? [
          `- make ${image.reference.split("/")[0] ?? ""} or a mirror (EDGEFIRST_REGISTRY_MIRROR) reachable: the next command then pulls the program from there`,
        ]
      : []),
    `- set ${environmentVariable(name)} to its path`,
    `- install Go 1.26 or newer (https://go.dev/dl): the next command then builds it once, in about ${duration(buildSeconds)}, into ${cache}`,
  ].join("\n");
}
