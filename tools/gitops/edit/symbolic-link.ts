import { lstatSync } from "node:fs";
import { join } from "node:path";

/** The symbolic link that a path below a root leads through, which may leave the repository; undefined where there is none. */
export function symbolicLinkOn(root: string, path: string): string | undefined {
  const names = path.split("/");
  return names
    .map((_name, index) => names.slice(0, index + 1).join("/"))
    .find((part) => lstatSync(join(root, part), { throwIfNoEntry: false })?.isSymbolicLink());
}
