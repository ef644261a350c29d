import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { shellWord } from "../../lib/shell-word.ts";
import { isExecutable } from "./executable.ts";
import type { ResolvedProgram } from "./find.ts";
import { environmentVariable } from "./program.ts";
import { resolveProgram, type ResolveOptions } from "./resolve.ts";

/** The name of the language host. */
export const LANGUAGE_HOST = "pulumi-language-nodejs";

/**
 * The Node language host for a Pulumi CLI. An official CLI uses the one in its bundle. A CLI from the toolchain uses the toolchain's host, which a script next
 * to the CLI starts, because the CLI warns about a host in any other location. The script passes the options in Pulumi.yaml as flags, because the toolchain's host
 * is older than the CLI and does not understand how the CLI passes them. Without the first, the host loads a TypeScript compiler for every program.
 * @throws EdgefirstError in the same cases as {@link resolveProgram}
 */
export async function pulumiLanguageHost(cli: ResolvedProgram, options: ResolveOptions): Promise<string> {
  const bundled = await bundledLanguageHost(cli, options.env);
  if (bundled !== undefined) return bundled;
  const host = await resolveProgram(LANGUAGE_HOST, options);
  if (!isFromToolchain(cli) || host.origin === "environment") return host.path;
  const place = await placeOf(cli);
  // The CLI starts its language host in the project's folder.
  const script = `#!/bin/sh
nodeargs=$(sed -n 's/^    nodeargs: //p' Pulumi.yaml 2>/dev/null)
exec ${shellWord(host.path)} -typescript=false -nodeargs="$nodeargs" "$@"
`;
  const found = await readFile(place, "utf8").catch(() => undefined);
  if (found !== script) writeFileAtomic(place, script, 0o755);
  return place;
}

/** The language host in an official CLI's bundle; undefined if an environment variable names another one. */
export async function bundledLanguageHost(
  cli: ResolvedProgram,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  if (isFromToolchain(cli) || env[environmentVariable(LANGUAGE_HOST)]) return undefined;
  const place = await placeOf(cli);
  return isExecutable(place) ? place : undefined;
}

function isFromToolchain({ origin }: ResolvedProgram): boolean {
  return origin === "cache" || origin === "built";
}

/** Where a CLI expects its language host. */
async function placeOf(cli: ResolvedProgram): Promise<string> {
  return join(dirname(await realpath(cli.path)), LANGUAGE_HOST);
}
