import { posix } from "node:path";
import { isKustomizationFile } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { oncePer } from "../../../lib/once-per.ts";
import { BuildError } from "../problem.ts";
import {
  findKustomizationFile,
  readKustomizationFile,
  type KustomizationFile,
} from "./kustomization-file.ts";
import { MAX_INCLUDES } from "./kustomize.ts";
import { yamlFilesIn } from "../yaml/yaml-files.ts";
import { scalarText } from "./resource.ts";

/** Every file and directory that a build reads as resources, patches or data of generators, found without building. Anything unreadable is left out, since the build reports it. */
export function filesOf(
  repository: Repository,
  file: KustomizationFile,
  seen = new Set<string>(),
  depth = 0,
): ReadonlySet<string> {
  if (seen.has(file.directory) || depth > MAX_INCLUDES) return seen;
  seen.add(file.directory);
  for (const path of filesNamedIn(repository, file.directory, file.fields)) seen.add(path);
  for (const field of LISTS) {
    const list = file.fields[field];
    if (!Array.isArray(list)) continue;
    for (const [index, entry] of list.entries()) {
      const path = repository.resolve(file.directory, scalarText(entry));
      if (path === undefined || repository.isFile(path)) continue;
      if (findKustomizationFile(repository, path) !== undefined) {
        try {
          filesOf(
            repository,
            readKustomizationFile(repository, posix.normalize(path), entryOrigin(list, index), "lenient"),
            seen,
            depth + 1,
          );
        } catch (error) {
          if (!(error instanceof BuildError)) throw error;
        }
      }
    }
  }
  return seen;
}

/** The fields that list other kustomizations, next to files. */
export const LISTS = ["resources", "bases", "components"];

/** The files that a kustomization names itself, as resources, patches or data of generators. */
export function filesNamedIn(repository: Repository, directory: string, fields: Mapping): readonly string[] {
  const entries = LISTS.flatMap((list) => textsOf(fields[list]));
  return [...dataFiles(fields), ...entries].flatMap((name) => {
    const path = repository.resolve(directory, name);
    return path !== undefined && repository.isFile(path) ? [path] : [];
  });
}

/** The files of patches, in all kustomization files of a repository. */
export const patchFilesIn = oncePer((repository: Repository): ReadonlySet<string> => {
  const files = yamlFilesIn(repository).filter(isKustomizationFile);
  return new Set(
    files.flatMap((file) => {
      const fields = repository.parse(file).documents[0]?.value;
      if (!isMapping(fields)) return [];
      return patchFiles(fields).flatMap((name) => repository.resolve(posix.dirname(file), name) ?? []);
    }),
  );
});

/** The files that generators and patches name, as written. */
function dataFiles(fields: Mapping): readonly string[] {
  const generated = ["configMapGenerator", "secretGenerator"]
    .flatMap((field) => mappingsIn(fields, field))
    .flatMap((entry) => [
      ...textsOf(entry.files).map((file) => file.slice(file.indexOf("=") + 1)),
      ...textsOf(entry.envs),
      ...textsOf(entry.env),
    ]);
  return [...generated.filter((name) => !name.includes("\n")), ...patchFiles(fields)];
}

function patchFiles(fields: Mapping): readonly string[] {
  const entries = ["patches", "patchesJson6902"].flatMap((field) => mappingsIn(fields, field));
  const names = [...entries.flatMap(({ path }) => textsOf(path)), ...textsOf(fields.patchesStrategicMerge)];
  return names.filter((name) => !name.includes("\n"));
}

const mappingsIn = (fields: Mapping, field: string): readonly Mapping[] =>
  [fields[field] ?? []].flat().filter((entry) => isMapping(entry));

/** The texts in a list, or the only one. */
export const textsOf = (value: Value | undefined): readonly string[] =>
  [value ?? []].flat().map((one) => scalarText(one));
