import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The checkout that the program runs from. */
export interface Checkout {
  /** null outside a git repository. */
  readonly commit: string | null;
  /** Whether there are uncommitted changes. */
  readonly dirty: boolean;
}

/** Reads the commit from git; null if git is not installed or this is not a repository. */
export async function readCheckout(project: string): Promise<Checkout> {
  try {
    const commit = await git(project, "rev-parse", "HEAD");
    return { commit, dirty: (await git(project, "status", "--porcelain")) !== "" };
  } catch {
    return { commit: null, dirty: false };
  }
}

async function git(project: string, ...args: readonly string[]): Promise<string> {
  return (await run("git", ["-C", project, ...args])).stdout.trim();
}
