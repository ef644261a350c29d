import { link, realpath, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ResolvedProgram } from "./find.ts";
import { environmentVariable } from "./programs.ts";
import { resolveProgram, type ResolveOptions } from "./resolve.ts";

const HOST = "pulumi-language-nodejs";

/**
 * The Node language host that a Pulumi CLI is to use: the one of its own bundle; for a CLI that was built here, the one built here, put
 * beside it, because that is where the CLI expects it and it warns about any other place.
 * @throws EdgefirstError as {@link resolveProgram} does
 */
export async function pulumiLanguageHost(cli: ResolvedProgram, options: ResolveOptions): Promise<string> {
  const beside = join(dirname(await realpath(cli.path)), HOST);
  const builtHere = cli.origin === "cache" || cli.origin === "built";
  const chosen = (options.env ?? process.env)[environmentVariable(HOST)];
  if (!builtHere && !chosen && (await inode(beside)) !== undefined) return beside;
  const host = await resolveProgram(HOST, options);
  if (!builtHere || host.origin === "environment") return host.path;
  if ((await inode(beside)) !== (await inode(host.path))) {
    // A hard link, since the CLI resolves symbolic ones before it compares places.
    const temporary = `${beside}.${crypto.randomUUID()}`;
    await link(host.path, temporary);
    await rename(temporary, beside);
  }
  return beside;
}

async function inode(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch {
    return undefined;
  }
}
