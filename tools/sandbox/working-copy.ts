import { existsSync } from "node:fs";
import { cp, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { generateX25519Identity } from "age-encryption";
import { pushGitOpsRepository } from "./repository-artifact.ts";
import { startRegistry } from "./registry.ts";
import { inSandboxDir, type SandboxDirOptions } from "./sandbox-dir.ts";
import { secretFile } from "./secret-file.ts";

/** Options of {@link ensureWorkingCopy} and {@link publishWorkingCopy}. */
export interface WorkingCopyOptions extends SandboxDirOptions {
  /** The sandbox's folder. */
  readonly dir: string;
}

/** The initial content of every working copy. */
const ORIGINAL = join(import.meta.dirname, "repository");

/** The sandbox's copy of the GitOps repository, which the clusters follow and migrations change. */
export function workingCopy(dir: string): string {
  return join(resolve(dir), "repository");
}

/** Creates the working copy unless it exists: an existing one belongs to the user and stays untouched. */
export async function ensureWorkingCopy(options: WorkingCopyOptions): Promise<void> {
  await inSandboxDir(resolve(options.dir), options, async () => {
    const copy = workingCopy(options.dir);
    if (existsSync(copy)) return;
    const unfinished = `${copy}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await cp(ORIGINAL, unfinished, { recursive: true });
    await rename(unfinished, copy);
  });
}

/** The age identity that the sandbox's clusters decrypt with. */
export function ageKeyOf(dir: string): Promise<string> {
  return secretFile(join(resolve(dir), "age.key"), generateX25519Identity);
}

/**
 * Pushes the working copy to the sandbox's registry, where the clusters pull it. The same files give the same artifact.
 * @returns the artifact's address, `oci://…`
 */
export async function publishWorkingCopy(
  options: WorkingCopyOptions & { readonly clusters: readonly string[] },
): Promise<string> {
  const { dir, clusters } = options;
  const [registry, ageKey] = [await startRegistry(options), await ageKeyOf(dir)];
  return pushGitOpsRepository({ dir, registry, source: workingCopy(dir), clusters, ageKey });
}
