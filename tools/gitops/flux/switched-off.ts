import { posix } from "node:path";
import { isIn, isKustomizationFile } from "../yaml/paths.ts";
import { searchedText } from "../yaml/file-text.ts";
import type { Repository } from "../yaml/repository.ts";

/** An entry of a list, written in a line, and whether it is commented out. */
const ENTRY = /^[ \t]*(?<off>#[# \t]*)?-[ \t]+["']?(?<path>[\w./-]+)["']?[ \t]*(?:#.*)?$/gm;

/**
 * Whether a file is switched off: a kustomization.yaml lists it, or a directory above it, only in a comment (`# - ./app/ks.yaml`), and no other one lists
 * the same path.
 */
export function switchedOff(repository: Repository, files: readonly string[]): (file: string) => boolean {
  const off = new Set<string>();
  const on = new Set<string>();
  for (const file of files.filter(isKustomizationFile))
    for (const { groups } of searchedText(repository, file).matchAll(ENTRY)) {
      const path = repository.resolve(posix.dirname(file), groups?.path ?? "");
      // A comment about the directory itself says nothing about its files.
      if (path !== undefined && !isIn(file, path)) (groups?.off === undefined ? on : off).add(path);
    }
  const paths = [...off].filter((path) => !on.has(path));
  return (file) => paths.some((path) => isIn(file, path));
}
