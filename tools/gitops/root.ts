import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";

/** A repository's root and the places in it that were asked for. */
export interface Places {
  /** Absolute. */
  readonly root: string;
  /** Relative to the root, with forward slashes; `.` is the root. */
  readonly within: readonly string[];
}

/**
 * The repository that paths belong to: the nearest directory above with `.git`, since Flux's paths start there; else the path itself.
 * @throws EdgefirstError for a path that does not exist, and for paths of several repositories
 */
export function findRoot(paths: readonly string[]): Places {
  const absolute = paths.map((path) => {
    const found = resolve(path);
    if (!existsSync(found))
      throw new EdgefirstError(
        `There is no ${path}.`,
        "Give the path of a repository, or of something in one.",
      );
    return found;
  });
  const roots = new Set(absolute.map(rootOf));
  const [root, ...others] = roots;
  if (root === undefined || others.length > 0) {
    throw new EdgefirstError(
      `These paths belong to several repositories: ${[...roots].join(", ")}.`,
      "Lint one at a time.",
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
