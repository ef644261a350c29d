import { EdgefirstError } from "./errors.ts";

/** What to do about a file system error, by error code. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space, or use a folder on another disk.",
  EDQUOT: "Your disk quota is used up: free some space, or use a folder on another disk.",
  EROFS: "The file system is read-only: use another folder.",
  EACCES: "Permission denied: use another folder, or run as the user who owns it.",
  EPERM: "Operation not permitted: use another folder, or run as the user who owns it.",
  ENAMETOOLONG: "The path is too long: use another folder.",
  ENOTDIR: "Part of the path is a file, not a folder: use another folder.",
  EEXIST: "The path already exists: use another folder.",
};

/**
 * Runs `work` and turns a file system error into one that says what to do.
 * @param where the affected files, as the subject of a sentence, such as `The sandbox in /tmp/x`
 * @throws {EdgefirstError} for a file system error; rethrows everything else
 */
export async function explainFileErrors<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(where, error);
  }
}

/** The error to throw in place of `error`: see {@link explainFileErrors}. */
export function fileError(where: string, error: unknown): unknown {
  const { code: given = "", message: text, syscall, path } = error as NodeJS.ErrnoException;
  // Node reports a read-only file system like that if it creates a folder with its parents (MKDirpSync in src/node_file.cc).
  const refused = given === "ENOENT" && syscall === "mkdir";
  const code = refused ? "EROFS" : given;
  const message = refused ? `the folder ${path ?? ""} cannot be created` : text;
  const hint = HINTS[code];
  // If a program cannot be started, the folder is not to blame.
  if (hint === undefined || syscall?.startsWith("spawn")) return error;
  return new EdgefirstError(`${where} cannot be used: ${message}.`, hint, { cause: error });
}
