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
 * The Node language host for a Pulumi CLI: that of its bundle or, for a CLI from the toolchain, the one of the toolchain through a script
 * next to the CLI, which warns about a host in any other place. The script passes Pulumi.yaml's option as a flag, because this host is
 * older than the CLI and does not understand how the CLI passes options. Without the flag it loads a TypeScript compiler for every
 * program.
 * @throws EdgefirstError as {@link resolveProgram} does
 */
export async function pulumiLanguageHost(cli: ResolvedProgram, options: ResolveOptions): Promise<string> {
  const bundled = join(dirname(await realpath(cli.path)), HOST);
  const builtHere = cli.origin === "cache" || cli.origin === "built";
  const chosen = (options.env ?? process.env)[environmentVariable(HOST)];
  if (!builtHere && !chosen && isExecutable(bundled)) return bundled;
  const host = await resolveProgram(HOST, options);
  if (!builtHere || host.origin === "environment") return host.path;
  const script = `#!/bin/sh\nexec ${shellWord(host.path)} -typescript=false "$@"\n`;
  const found = await readFile(bundled, "utf8").catch(() => undefined);
  if (found !== script) writeFileAtomic(bundled, script, 0o755);
  return bundled;
}
