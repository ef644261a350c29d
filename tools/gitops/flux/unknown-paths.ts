import { posix } from "node:path";
import { oncePer } from "../../../lib/once-per.ts";
import { scalarText } from "../kustomize/resource.ts";
import { searchedText } from "../yaml/file-text.ts";
import type { Repository } from "../yaml/repository.ts";
import { locate, type Position } from "../yaml/source.ts";
import { isMapping, originOf } from "../yaml/values.ts";
import { bootstrapsIn } from "./bootstraps.ts";
import type { BuiltCluster } from "./built.ts";
import { isFluxKustomization, pathOf, specOf } from "./flux-kustomization.ts";
import { yamlFilesIn } from "../yaml/yaml-files.ts";
import { writtenKustomizations } from "./written-kustomizations.ts";
import { hasVariables, isArchived, VARIABLE, templatesIn, type WrittenObject } from "./written.ts";

/** A path that a Kustomization builds, with variables that the repository does not define. */
export interface UnknownPath {
  readonly path: string;
  /** The file that the path is written in. */
  readonly file: string;
}

/** A path that the repository leaves open and that may lead to a file; undefined if there is none. */
export function unknownPathTo(
  file: string,
  clusters: readonly BuiltCluster[],
  repository: Repository,
): UnknownPath | undefined {
  const found = pathsLeftOpen(repository).find(
    (one) => mayLeadTo(file, pathOf(one.object)) && !isBuilt(one, clusters),
  );
  return found && { path: scalarText(specOf(found.object).path), file: found.file };
}

/** A Kustomization whose path the repository leaves open, and that no cluster receives with another path. */
export interface OpenPath extends UnknownPath {
  readonly position: Position;
  /** `namespace/name`, as written. */
  readonly id: string;
  /** The directories to which the path may lead, and of which no cluster receives anything. */
  readonly directories: readonly string[];
  /** What the first variable is in the first of them. */
  readonly example: string;
  /** A file that defines the variables, for a cluster that the repository does not show to be one. */
  readonly definedIn: string | undefined;
}

/** The paths that the repository leaves open and that may lead to directories that no Kustomization builds. */
export function openPaths(clusters: readonly BuiltCluster[], repository: Repository): readonly OpenPath[] {
  const open = pathsLeftOpen(repository).filter((one) => !isBuilt(one, clusters));
  if (open.length === 0) return [];
  const kustomizations = clusters.flatMap((cluster) => cluster.kustomizations);
  const read = new Set(kustomizations.flatMap((kustomization) => [...kustomization.filesRead()]));
  const unread = directoriesIn(repository).filter((directory) => !read.has(directory));
  return open.flatMap(({ object, file }) => {
    const isTarget = patternOf(pathOf(object), "$");
    const directories = unread.filter((directory) => isTarget.test(directory));
    const [first] = directories;
    if (first === undefined) return [];
    const example = isTarget.exec(first)?.[1] ?? "";
    const { name, namespace } = isMapping(object.metadata) ? object.metadata : {};
    const id = [namespace, name]
      .map(scalarText)
      .filter((part) => part !== "")
      .join("/");
    return [
      {
        path: scalarText(specOf(object).path),
        file,
        position: locate(originOf(object)),
        id,
        directories,
        example,
        definedIn: definitionOf(pathOf(object), repository),
      },
    ];
  });
}

/** The first file that has a value for each variable in a path, as a ConfigMap of settings does. */
function definitionOf(path: string, repository: Repository): string | undefined {
  const names = [...path.matchAll(/\$\{?(\w+)/g)].map(
    ([, name = ""]) => new RegExp(`(?:^\\s+|[{,]\\s*)${name}:\\s*\\S`, "m"),
  );
  if (names.length === 0) return undefined;
  return yamlFilesIn(repository)
    .filter((file) => !isArchived(file))
    .find((file) => {
      const text = searchedText(repository, file);
      return text.includes("ConfigMap") && names.every((name) => name.test(text));
    });
}

/** The directories with YAML files in them or below them, without archives. */
function directoriesIn(repository: Repository): readonly string[] {
  const found = new Set<string>();
  for (const file of yamlFilesIn(repository).filter((one) => !isArchived(one)))
    for (let above = posix.dirname(file); above !== "." && !found.has(above); above = posix.dirname(above))
      found.add(above);
  return [...found].toSorted();
}

const pathsLeftOpen = oncePer((repository: Repository): readonly WrittenObject[] => {
  const bootstraps = bootstrapsIn(repository, writtenKustomizations(repository));
  return [...bootstraps, ...templatesIn(repository)].filter(({ object }) => hasVariables(pathOf(object)));
});

/** Whether a cluster receives the Kustomization with all variables of its path. */
function isBuilt({ object: written }: WrittenObject, clusters: readonly BuiltCluster[]): boolean {
  const { source, offset } = originOf(written);
  return clusters.some(({ objects }) =>
    objects.some(
      ({ object, origin }) =>
        origin.offset === offset &&
        origin.source.file === source.file &&
        isFluxKustomization(object) &&
        !hasVariables(pathOf(object)),
    ),
  );
}

const mayLeadTo = (file: string, path: string): boolean => patternOf(path, "/").test(file);

/** Matches what a path with variables may be; a variable stands for at least one character. */
function patternOf(path: string, end: "/" | "$"): RegExp {
  const literals = path.split(VARIABLE).map((text) => RegExp.escape(text));
  return new RegExp(`^${literals.join(end === "$" ? "([^/]+)" : ".+")}${end}`);
}
