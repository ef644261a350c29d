import { lstatSync } from "node:fs";
import { join } from "node:path";

/** The symbolic link that a path below a root passes through, which may lead out of the repository; undefined if there is none. */
export function symbolicLinkOn(root: string, path: string): string | undefined {
  const names = path.split("/");
  return names
    .map((_name, index) => names.slice(0, index + 1).join("/"))
    .find((part) => lstatSync(join(root, part), { throwIfNoEntry: false })?.isSymbolicLink());
}
