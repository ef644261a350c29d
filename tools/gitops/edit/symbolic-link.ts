import { lstatSync } from "node:fs";
import { join } from "node:path";

/** The first symbolic link on a path below a root; undefined if there is none. The link may lead out of the repository. */
export function symbolicLinkOn(root: string, path: string): string | undefined {
  const names = path.split("/");
  return names
    .map((_name, index) => names.slice(0, index + 1).join("/"))
    .find((part) => lstatSync(join(root, part), { throwIfNoEntry: false })?.isSymbolicLink());
}
