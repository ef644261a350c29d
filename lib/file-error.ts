import { EdgefirstError } from "./errors.ts";

/** What a person can do about an error of the file system, by its code. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: make room, or use a folder on another disk.",
  EDQUOT: "Your disk quota is used up: make room, or use a folder on another disk.",
  EROFS: "The file system is read only: use another folder.",
  EACCES: "You may not read or write there: use another folder, or be the user that it belongs to.",
  EPERM: "You may not do that there: use another folder, or be the user that it belongs to.",
  ENAMETOOLONG: "The path is too long: use another folder.",
  ENOTDIR: "A part of the path is a file: use another folder.",
  EEXIST: "Something else is there: use another folder.",
};

/**
 * Does the work; where the file system refuses it, says so in a person's words.
 * @param where what is worked on, as the subject of the sentence, such as `The sandbox in /tmp/x`
 * @throws EdgefirstError for such a refusal; whatever else the work throws
 */
export async function explainFileErrors<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(where, error);
  }
}

/** The error to throw instead of one that work on files has thrown: see {@link explainFileErrors}. */
export function fileError(where: string, error: unknown): unknown {
  const { code = "", message, syscall } = error as NodeJS.ErrnoException;
  const hint = HINTS[code];
  // That a program cannot be started is no fault of the place worked on.
  if (hint === undefined || syscall?.startsWith("spawn")) return error;
  return new EdgefirstError(`${where} cannot be worked on: ${message}.`, hint, { cause: error });
}
