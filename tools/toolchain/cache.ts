import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { userCache } from "../../lib/user-cache.ts";
import type { Program } from "./program.ts";
import { pinnedVersion } from "./version.ts";

/** The files of a module that determine the result of a build. */
export const MODULE_FILES = ["go.mod", "go.sum", "main.go"] as const;

/** The directory that caches a program's build: `<cache>/edgefirst/toolchain/<name>-<hash of its module and its build arguments>`. */
export async function cacheDirectory(program: Program, env: NodeJS.ProcessEnv): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([process.platform, process.arch, ...(await buildArguments(program))]));
  for (const file of MODULE_FILES)
    hash.update(`\0${file}\0${await readIfExists(join(program.directory, file))}`);
  return join(userCache(env), "toolchain", `${program.name}-${hash.digest("hex").slice(0, 12)}`);
}

/** The arguments for `go build`, without the output path. */
export async function buildArguments(program: Program): Promise<string[]> {
  const variables = Object.entries(program.variables?.(await pinnedVersion(program)) ?? {});
  const link = ["-s", "-w", ...variables.map(([name, value]) => `-X ${name}=${value}`)].join(" ");
  const command = program.tests === true ? ["test", "-c"] : ["build"];
  const tags = program.tags === undefined ? [] : ["-tags", program.tags.join(",")];
  return [
    ...command,
    `-mod=${program.mod ?? "readonly"}`,
    ...tags,
    "-trimpath",
    "-ldflags",
    link,
    program.package,
  ];
}

async function readIfExists(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
