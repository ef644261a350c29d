import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { userCache } from "../../lib/user-cache.ts";
import type { Program } from "./program.ts";
import { pinnedVersion } from "./version.ts";

const MODULE_FILES = ["go.mod", "go.sum", "main.go"];

/** The files of a module that determine the result of a build, relative to its directory: its own, and those of the modules in its subdirectories. */
export async function moduleFiles({ directory }: Pick<Program, "directory">): Promise<string[]> {
  const files = await readdir(directory, { recursive: true });
  const nested = files.filter((file) => basename(file) === "go.mod" || file.endsWith(".go")).sort();
  return [
    ...MODULE_FILES.filter((file) => files.includes(file)),
    ...nested.filter((file) => !MODULE_FILES.includes(file)),
  ];
}

/** The directory that caches a program's build: `<cache>/edgefirst/toolchain/<name>-<hash of its module and its build arguments>`. */
export async function cacheDirectory(program: Program, env: NodeJS.ProcessEnv): Promise<string> {
  const hash = createHash("sha256");
  const linking = program.static === true ? ["static"] : [];
  hash.update(
    JSON.stringify([process.platform, process.arch, ...linking, ...(await buildArguments(program))]),
  );
  for (const file of new Set([...MODULE_FILES, ...(await moduleFiles(program))]))
    hash.update(`\0${file}\0${await readIfExists(join(program.directory, file))}`);
  return join(userCache(env), "toolchain", `${program.name}-${hash.digest("hex").slice(0, 12)}`);
}

/** The arguments for `go build`, without the output path. */
export async function buildArguments(program: Program): Promise<string[]> {
  const variables = Object.entries(program.variables?.(await pinnedVersion(program)) ?? {});
  const link = ["-s", "-w", ...variables.map(([name, value]) => `-X ${name}=${value}`)].join(" ");
  const command = program.tests === true ? ["test", "-c"] : ["build"];
  const tags = program.tags === undefined ? [] : ["-tags", program.tags.join(",")];
  return [...command, "-mod=readonly", ...tags, "-trimpath", "-ldflags", link, program.package];
}

async function readIfExists(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
