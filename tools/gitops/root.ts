import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";

/** A repository's root, and the paths in the repository that the user named. */
export interface Places {
  /** Absolute. */
  readonly root: string;
  /** Relative to the root, with forward slashes; `.` is the root. */
  readonly within: readonly string[];
}

/**
 * Finds the repository that contains the paths: the nearest parent directory with `.git`, to which Flux's paths are relative, or else the path itself.
 * @throws EdgefirstError if a path does not exist, or if the paths are in different repositories
 */
export function findRoot(paths: readonly string[]): Places {
  const absolute = paths.map((path) => {
    const found = resolve(path);
    if (!existsSync(found))
      throw new EdgefirstError(
        `${path} does not exist.`,
        "Pass a repository, or a directory or file inside one.",
      );
    return found;
  });
  const roots = new Set(absolute.map(rootOf));
  const [root, ...others] = roots;
  if (root === undefined || others.length > 0) {
    throw new EdgefirstError(
      `The paths are in different repositories: ${[...roots].join(", ")}.`,
      "Pass the paths of one repository at a time.",
    );
  }
  return { root, within: absolute.map((path) => relative(root, path).split(sep).join("/") || ".") };
}

function rootOf(path: string): string {
  const start = statSync(path).isDirectory() ? path : dirname(path);
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, ".git"))) return directory;
    if (directory === dirname(directory)) return start;
  }
}
