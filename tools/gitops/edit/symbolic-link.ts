import { lstatSync } from "node:fs";
import { join } from "node:path";

/**
 * The first symbolic link on a path below a root; undefined if there is none. The link may lead out of the repository.
 * @param plain paths that are known to be none; those that are found to be none are added
 */
export function symbolicLinkOn(root: string, path: string, plain = new Set<string>()): string | undefined {
  const names = path.split("/");
  for (const index of names.keys()) {
    const part = names.slice(0, index + 1).join("/");
    if (plain.has(part)) continue;
    if (lstatSync(join(root, part), { throwIfNoEntry: false })?.isSymbolicLink()) return part;
    plain.add(part);
  }
  return undefined;
}
