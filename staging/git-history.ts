import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { temporaryFolder } from "../lib/temporary-folder.ts";
import { EdgefirstError } from "../lib/errors.ts";

const run = promisify(execFile);
const FETCH_MS = 120_000;

/**
 * Whether the commit `newer` descends from `older` or is the same. Fetches only commits, without trees and files, into a temporary folder.
 * @param address URL or path of a repository that git on this machine can read
 * @throws {EdgefirstError} if git cannot decide because it is not installed, has no access to the repository, or does not find a commit in it
 */
export async function descendsFrom(address: string, newer: string, older: string): Promise<boolean> {
  const dir = temporaryFolder("history");
  const git = (...args: readonly string[]): Promise<unknown> =>
    run("git", ["-C", dir, ...args], {
      timeout: FETCH_MS,
      // A password prompt would hang the update.
      env: { ...process.env, GIT_TERMINAL_PROMPT: "0", GIT_SSH_COMMAND: "ssh -o BatchMode=yes" },
    });
  try {
    await git("init", "--quiet", "--bare");
    await git("fetch", "--quiet", "--no-tags", "--filter=tree:0", "--", address, newer, older);
    return await git("merge-base", "--is-ancestor", older, newer).then(
      () => true,
      (error: unknown) => {
        if ((error as { code?: unknown }).code === 1) return false;
        throw error;
      },
    );
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    const lines = (stderr.trim() || message).split("\n");
    // git prints warnings before the reason, for example about a path as the address of a partial fetch.
    const reason = lines.find((line) => /^(fatal|error): /.test(line)) ?? lines[0] ?? "";
    throw new EdgefirstError(
      `git cannot check whether ${newer} descends from ${older} in ${address}: ${reason}`,
      "Give git on this machine access to the repository, or set edgefirst:promotion.history to a URL or clone that it can read.",
      { cause: error },
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
