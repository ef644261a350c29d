import { mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { explainFileErrors, fileError } from "../../lib/file-error.ts";
import { withFileLock } from "../../lib/file-lock.ts";

const MARKER = "edgefirst-sandbox";
/** To be counted up when records, names or places in a sandbox change: another version would not find what runs. */
const LAYOUT = "2";
const isLock = (file: string): boolean => file.startsWith("lock");

/** Path of a sandbox's kubeconfig. */
export function kubeconfigPath(dir: string): string {
  return join(dir, "kubeconfig");
}

/** What {@link inSandboxDir} needs besides the work. */
export interface SandboxDirOptions {
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does the work alone in a sandbox's folder, which is made if it is missing.
 * @throws EdgefirstError if the folder holds something and is no sandbox (its owner may one day delete the sandbox), if another version made
 * it, and if the file system refuses something.
 */
export function inSandboxDir<T>(dir: string, options: SandboxDirOptions, work: () => Promise<T>): Promise<T> {
  const onWait = ({ pid }: { readonly pid: number }): void => {
    options.progress(`waiting for process ${pid}, which works on this sandbox`);
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
 * Whether a folder is a sandbox; a folder that is missing or empty is none.
 * @throws EdgefirstError if it holds something else or a sandbox of another version, or cannot be read.
 */
export function isSandboxDir(dir: string): boolean {
  const layout = unlessAbsent(dir, () => readFileSync(join(dir, MARKER), "utf8"));
  if (layout === LAYOUT) return true;
  if (layout !== undefined) {
    throw new EdgefirstError(
      `The sandbox in ${dir} was made by another version of edgefirst (layout ${layout || "unknown"}, not ${LAYOUT}); this one does not know what it runs.`,
      "End it with the version that made it: edgefirst sandbox down --delete-data",
    );
  }
  const others = (unlessAbsent(dir, () => readdirSync(dir)) ?? []).filter((file) => !isLock(file));
  if (others.length === 0) return false;
  throw new EdgefirstError(
    `${dir} is no sandbox, and it is not empty (${others.slice(0, 3).join(", ")}).`,
    "Name a sandbox, or an empty or a new folder.",
  );
}

/** Deletes everything in a sandbox's folder but the lock, which the caller holds. */
export function emptySandboxDir(dir: string): void {
  for (const file of readdirSync(dir).filter((name) => !isLock(name))) {
    rmSync(join(dir, file), { recursive: true, force: true });
  }
}

/** Removes the folder if nothing is left in it. */
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
