import { posix } from "node:path";
import { oncePer } from "../../../lib/once-per.ts";
import { isKustomizationFile } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping } from "../yaml/values.ts";
import { yamlFilesIn } from "../yaml/yaml-files.ts";
import { filesNamedIn, LISTS, textsOf } from "./included-files.ts";

/** The directories of the kustomizations that include a file, directly or through others. */
export function includersOf(file: string, repository: Repository): ReadonlySet<string> {
  const direct = includers(repository);
  const found = new Set(direct.get(file));
  // The set grows while it is read.
  for (const directory of found) for (const above of direct.get(directory) ?? []) found.add(above);
  return found;
}

/** The directories of the kustomizations that name a file themselves. */
export const directIncluders = (file: string, repository: Repository): readonly string[] =>
  includers(repository).get(file) ?? [];

/** Those of some kustomizations that no other kustomization includes. */
export function outermost(directories: ReadonlySet<string>, repository: Repository): readonly string[] {
  const direct = includers(repository);
  return [...directories].filter((directory) =>
    (direct.get(directory) ?? []).every((other) => other === directory),
  );
}

/** By file or directory, the directories of the kustomizations that name it. */
const includers = oncePer((repository: Repository): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const file of yamlFilesIn(repository).filter(isKustomizationFile)) {
    const directory = posix.dirname(file);
    const fields = repository.parse(file).documents[0]?.value;
    if (!isMapping(fields)) continue;
    const directories = LISTS.flatMap((list) => textsOf(fields[list]))
      .map((path) => repository.resolve(directory, path))
      .filter((path) => path !== undefined && repository.isDirectory(path));
    for (const path of new Set([...filesNamedIn(repository, directory, fields), ...directories]))
      if (path !== undefined) found.set(path, [...(found.get(path) ?? []), directory]);
  }
  return found;
});
