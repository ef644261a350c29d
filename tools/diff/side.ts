import { rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { counted } from "../../lib/counted.ts";
import { findCommit, gitTop, writeRevision } from "../gitops/revision.ts";
import { findRoot } from "../gitops/root.ts";

/** One side of a comparison, as files in a directory. */
export interface Side {
  /** As the user named it. */
  readonly name: string;
  /** The top directory of the repository. */
  readonly root: string;
  /** What Flux might see but the comparison does not, one sentence each. */
  readonly notes: readonly string[];
}

/** What a user's word for a side means. */
type Meaning = { readonly directory: string } | { readonly commit: string; readonly top: string };

/**
 * Calls `use` with both sides of a comparison. Each is a directory or a revision of the Git repository in `directory`; the files of a revision are
 * written to a temporary directory, which is removed in the end.
 * @throws {EdgefirstError} if a side is neither, or both
 */
export async function withSides<T>(
  names: readonly [string, string],
  directory: string,
  use: (before: Side, after: Side) => Promise<T>,
): Promise<T> {
  const meanings = [await meaningOf(names[0], directory), await meaningOf(names[1], directory)] as const;
  const temporary = temporaryFolder("diff");
  // Ctrl-C ends the process without the block below.
  const clean = (): void => {
    rmSync(temporary, { recursive: true, force: true });
  };
  process.once("exit", clean);
  try {
    const tops = topsOf(meanings);
    const [before, after] = await Promise.all([
      open(names[0], meanings[0], tops[0], join(temporary, "before")),
      open(names[1], meanings[1], tops[1], join(temporary, "after")),
    ]);
    return await use(before, after);
  } finally {
    process.off("exit", clean);
    clean();
  }
}

async function meaningOf(name: string, directory: string): Promise<Meaning> {
  const path = resolve(directory, name);
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  // A path such as ./main or .. cannot be a revision.
  const commit = /^(?:\.{1,2}(?:\/|$)|\/)/.test(name) ? undefined : await findCommit(directory, name);
  if (isDirectory && commit !== undefined)
    throw new EdgefirstError(
      `${name} is both a directory and a revision.`,
      `Write ./${name} for the directory, or refs/heads/${name} for the branch.`,
    );
  if (isDirectory) return { directory: path };
  const top = await gitTop(directory);
  if (commit !== undefined) return { commit, top: top ?? directory };
  throw new EdgefirstError(
    `${name} is neither a directory nor a revision${top === undefined ? "" : ` of ${top}`}.`,
    top === undefined
      ? `${directory} is not in a Git repository: pass directories, or name a clone with --repository.`
      : "In a shallow clone, fetch the revision first: git fetch origin <revision>",
  );
}

/**
 * Flux's paths start at the top of a repository: a directory inside one stands for it. Two directories of one repository are each a top of their own,
 * since nothing would differ otherwise.
 */
function topsOf(meanings: readonly [Meaning, Meaning]): readonly [string, string] {
  const directories = meanings.map((one) => ("directory" in one ? one.directory : one.top));
  const tops = meanings.map((one) => ("directory" in one ? findRoot([one.directory]).root : one.top));
  const areDirectories = meanings.every((one) => "directory" in one);
  return (areDirectories && tops[0] === tops[1] ? directories : tops) as [string, string];
}

async function open(name: string, meaning: Meaning, top: string, temporary: string): Promise<Side> {
  if ("directory" in meaning) return { name, root: top, notes: [] };
  const { submodules } = await writeRevision(meaning.top, meaning.commit, temporary);
  const notes =
    submodules.length === 0
      ? []
      : [`${name}: ${counted(submodules.length, "submodule")} not read: ${submodules.join(", ")}.`];
  return { name, root: temporary, notes };
}
