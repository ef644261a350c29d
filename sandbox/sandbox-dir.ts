import { existsSync, mkdirSync, readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../errors.ts";
import { type LockOptions, withLock } from "./lock.ts";

const MARKER = "edgefirst-sandbox";
const isLock = (file: string): boolean => file.startsWith("lock");

/** Path of a sandbox's kubeconfig. */
export function kubeconfigPath(dir: string): string {
  return join(dir, "kubeconfig");
}

/**
 * Does the work alone in a sandbox's folder, which is made if it is missing.
 * @throws EdgefirstError if the folder holds something and is no sandbox: its owner may one day delete the sandbox.
 */
export function inSandboxDir<T>(dir: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return withLock(dir, options, () => {
    if (!isSandboxDir(dir)) {
      const others = readdirSync(dir).filter((file) => !isLock(file));
      if (others.length > 0) {
        throw new EdgefirstError(
          `${dir} is no sandbox, and it is not empty (${others.slice(0, 3).join(", ")}).`,
          "Name an empty or a new folder.",
        );
      }
      writeFileSync(join(dir, MARKER), "", { mode: 0o600 });
    }
    return work();
  });
}

/** Whether a folder was made by {@link inSandboxDir}. */
export function isSandboxDir(dir: string): boolean {
  return existsSync(join(dir, MARKER));
}

/** Deletes everything in a sandbox's folder but the lock, which the caller holds. */
export function emptySandboxDir(dir: string): void {
  for (const file of readdirSync(dir).filter((name) => !isLock(name))) {
    rmSync(join(dir, file), { recursive: true, force: true });
  }
}

/** Removes the folder if nothing is left in it. */
export function removeIfEmpty(dir: string): void {
  if (existsSync(dir) && readdirSync(dir).length === 0) rmdirSync(dir);
}
