import { mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { explainFileErrors, fileError } from "../../lib/file-error.ts";
import { withFileLock } from "../../lib/file-lock.ts";
import type { Progress } from "../toolchain/progress.ts";

const MARKER = "edgefirst-sandbox";
/** Increment this when records, names or paths in a sandbox change. Otherwise another version would use the sandbox without finding its running processes. */
const LAYOUT = "2";
const isLock = (file: string): boolean => file.startsWith("lock");

/** The path of a sandbox's kubeconfig. */
export function kubeconfigPath(dir: string): string {
  return join(dir, "kubeconfig");
}

/** Options for {@link inSandboxDir}. */
export interface SandboxDirOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs work in a sandbox's folder while holding its lock. Creates the folder if it is missing.
 * @throws EdgefirstError if the folder holds anything other than a sandbox (deleting the sandbox would delete it), if another version
 * created the sandbox, or if a file operation fails.
 */
export function inSandboxDir<T>(dir: string, options: SandboxDirOptions, work: () => Promise<T>): Promise<T> {
  const onWait = ({ pid }: { readonly pid: number }): void => {
    options.progress(`waiting for process ${pid}, which is working on this sandbox`);
  };
  return explainFileErrors(describe(dir), async () => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return withFileLock(join(dir, "lock"), { onWait, signal: options.signal }, () => {
      if (!isSandboxDir(dir)) writeFileAtomic(join(dir, MARKER), LAYOUT);
      return work();
    });
  });
}

/**
 * Whether a folder is a sandbox; false if it is missing or empty.
 * @throws EdgefirstError if it holds anything else or another version's sandbox, or cannot be read.
 */
export function isSandboxDir(dir: string): boolean {
  const layout = unlessAbsent(dir, () => readFileSync(join(dir, MARKER), "utf8"));
  if (layout === LAYOUT) return true;
  if (layout !== undefined) {
    throw new EdgefirstError(
      `The sandbox in ${dir} was created by another version of edgefirst (layout ${layout || "unknown"}, not ${LAYOUT}), so this version cannot find its processes.`,
      "Stop it with the version that created it: edgefirst sandbox down --delete-data",
    );
  }
  const others = (unlessAbsent(dir, () => readdirSync(dir)) ?? []).filter((file) => !isLock(file));
  if (others.length === 0) return false;
  throw new EdgefirstError(
    `${dir} is neither a sandbox nor empty (${others.slice(0, 3).join(", ")}).`,
    "Specify a sandbox, an empty folder or a folder that does not exist yet.",
  );
}

/** Deletes everything in a sandbox's folder except the lock, which the caller holds. */
export function emptySandboxDir(dir: string): void {
  for (const file of readdirSync(dir).filter((name) => !isLock(name))) {
    rmSync(join(dir, file), { recursive: true, force: true });
  }
}

/** Removes the folder if it is empty. */
export function removeIfEmpty(dir: string): void {
  if (unlessAbsent(dir, () => readdirSync(dir))?.length === 0) rmdirSync(dir);
}

function unlessAbsent<T>(dir: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError(describe(dir), error);
  }
}

function describe(dir: string): string {
  return `The sandbox in ${dir}`;
}
