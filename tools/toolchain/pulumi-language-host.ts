import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { shellWord } from "../../lib/shell-word.ts";
import { isExecutable } from "./executable.ts";
import type { ResolvedProgram } from "./find.ts";
import { environmentVariable } from "./programs.ts";
import { resolveProgram, type ResolveOptions } from "./resolve.ts";

const HOST = "pulumi-language-nodejs";

/**
 * The Node language host that a Pulumi CLI is to use: the one of its own bundle; for a CLI that was built here, the one built here, by a script
 * beside it, because that is where the CLI expects it and it warns about any other place. The script gives the host as a flag what Pulumi.yaml says:
 * this host is older than the CLI, which tells a host its options in a way that it does not know. Without, it loads a TypeScript compiler for every program.
 * @throws EdgefirstError as {@link resolveProgram} does
 */
export async function pulumiLanguageHost(cli: ResolvedProgram, options: ResolveOptions): Promise<string> {
  const beside = join(dirname(await realpath(cli.path)), HOST);
  const builtHere = cli.origin === "cache" || cli.origin === "built";
  const chosen = (options.env ?? process.env)[environmentVariable(HOST)];
  if (!builtHere && !chosen && isExecutable(beside)) return beside;
  const host = await resolveProgram(HOST, options);
  if (!builtHere || host.origin === "environment") return host.path;
  const script = `#!/bin/sh\nexec ${shellWord(host.path)} -typescript=false "$@"\n`;
  const found = await readFile(beside, "utf8").catch(() => undefined);
  if (found !== script) writeFileAtomic(beside, script, 0o755);
  return beside;
}
