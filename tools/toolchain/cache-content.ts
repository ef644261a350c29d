import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { explainFileErrors } from "../../lib/file-error.ts";
import { withFileLock } from "../../lib/file-lock.ts";
import { identify } from "../../lib/process-identity.ts";
import { userCache } from "../../lib/user-cache.ts";
import { cacheDirectory } from "./cache.ts";
import { ownGoCache } from "./go.ts";
import { pulledFile } from "./images/pull.ts";
import type { Program } from "./program.ts";
import { PROGRAMS } from "./programs.ts";

/** A file or directory in the program cache. */
export interface CacheEntry {
  readonly path: string;
  readonly bytes: number;
  /** `pinned`: a program that this version pins; `in use`: a running build or download; `unused`: anything else. */
  readonly state: "pinned" | "in use" | "unused";
}

/** The contents of the program cache. */
export interface CacheContent {
  /** Absolute path. */
  readonly directory: string;
  /** Empty if the cache does not exist yet. */
  readonly entries: readonly CacheEntry[];
  /** Go's build cache for these programs; its only use is to speed up later builds. */
  readonly goCache: { readonly path: string; readonly bytes: number };
}

/** What to remove. */
export interface PruneOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Whether to empty Go's build cache as well. */
  readonly goCache?: boolean;
  /** Whether to remove nothing, and only return what would be removed. */
  readonly dryRun?: boolean;
  /** Called if a download is in progress, before waiting for it. */
  readonly onWait?: () => void;
  readonly programs?: readonly Program[];
}

/** Lists the programs in the cache, and determines which of them this version does not pin. */
export async function cacheContent(
  env: NodeJS.ProcessEnv = process.env,
  programs: readonly Program[] = PROGRAMS,
): Promise<CacheContent> {
  const directory = programCache(env);
  const pinned = new Set<string>();
  for (const program of programs) {
    pinned.add(basename(await cacheDirectory(program, env)));
    const pulled = program.image === undefined ? undefined : pulledFile(program.name, program.image, env);
    if (pulled !== undefined) pinned.add(basename(dirname(pulled)));
  }
  const names = await readdir(directory).catch(() => []);
  const entries = await Promise.all(
    names
      .filter((name) => !name.includes(".lock"))
      .map(async (name) => ({
        path: join(directory, name),
        bytes: await bytesIn(join(directory, name)),
        state: pinned.has(name)
          ? ("pinned" as const)
          : isRunning(name)
            ? ("in use" as const)
            : ("unused" as const),
      })),
  );
  const goCache = ownGoCache(env);
  return { directory, entries, goCache: { path: goCache, bytes: await bytesIn(goCache) } };
}

/** The entries that {@link pruneCache} removes. */
async function prunable({ env, goCache = false, programs }: PruneOptions): Promise<CacheEntry[]> {
  const content = await cacheContent(env, programs);
  const unused = content.entries.filter(({ state }) => state === "unused");
  return goCache && content.goCache.bytes > 0 ? [...unused, { ...content.goCache, state: "unused" }] : unused;
}

/**
 * Removes the programs that this version does not pin, interrupted downloads, and leftovers of killed builds. Waits for a running download. Another version of
 * edgefirst on this machine will have to install the removed programs again.
 * @returns what was removed
 */
export async function pruneCache(options: PruneOptions): Promise<CacheEntry[]> {
  const { env = process.env, dryRun = false, onWait = () => undefined } = options;
  const directory = programCache(env);
  if (dryRun || !(await isPresent([directory, ownGoCache(env)]))) return prunable(options);
  await mkdir(directory, { recursive: true });
  return explainFileErrors(`The cache ${directory}`, () =>
    withFileLock(join(directory, "downloads.lock"), { onWait }, async () => {
      const removed = await prunable(options);
      for (const { path } of removed) await rm(path, { recursive: true, force: true });
      return removed;
    }),
  );
}

/** Whether any of the paths exists; without a cache there is nothing to lock. */
async function isPresent(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return found.some((each) => each !== undefined);
}

function programCache(env: NodeJS.ProcessEnv): string {
  return join(userCache(env), "toolchain");
}

/** Whether this is the workspace of a build that is still running. */
function isRunning(name: string): boolean {
  const pid = /\.building-(\d+)-/.exec(name)?.[1];
  return pid !== undefined && identify(Number(pid)) !== undefined;
}

/** The size of a file, or of all files in a directory; 0 if the path does not exist. */
async function bytesIn(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.size;
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const sizes = files
    .filter((file) => file.isFile())
    .map(async (file) => (await stat(join(file.parentPath, file.name)).catch(() => ({ size: 0 }))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
