import { posix } from "node:path";
import { filesOf } from "../kustomize/included-files.ts";
import { kustomizeBuild } from "../kustomize/kustomize.ts";
import { resourcesOf } from "../kustomize/document-objects.ts";
import { readKustomizationFile } from "../kustomize/kustomization-file.ts";
import { scalarText, type Resource } from "../kustomize/resource.ts";
import { isKustomizationFile } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { startOf } from "../yaml/source.ts";
import { isMapping } from "../yaml/values.ts";
import { attempt, BuildError, type BuildProblem } from "../problem.ts";
import type { BuiltCluster, BuiltObject } from "./built.ts";
import { identityError } from "./server-errors.ts";

/** Without Flux, each kustomization that is not included by another counts as a cluster, and so do the remaining files together. */
export function plainClusters(
  repository: Repository,
  files: readonly string[],
  partial: boolean,
): readonly BuiltCluster[] {
  const directories = files.filter(isKustomizationFile).map((file) => posix.dirname(file));
  const { roots, included } = topsOf(repository, directories);
  const clusters = roots.map((directory) => kustomizationCluster(repository, directory, partial));
  const kustomizationFiles = new Set(files.filter((file) => directories.includes(posix.dirname(file))));
  const loose = files.filter((file) => !kustomizationFiles.has(file) && !included(file));
  return [...clusters, looseCluster(repository, loose)].filter(
    ({ objects, problems }) => objects.length > 0 || problems.length > 0,
  );
}

/** The directories that no other of these kustomizations includes. If nothing outside a cycle includes it, its first member is one of them: its build reports the cycle. */
export function topsOf(
  repository: Repository,
  directories: readonly string[],
): {
  readonly roots: readonly string[];
  readonly included: (path: string) => boolean;
  /** The files and directories that each kustomization reads; none if it cannot be read. */
  readonly reached: ReadonlyMap<string, ReadonlySet<string>>;
} {
  const reached = new Map(directories.map((directory) => [directory, reachedFrom(repository, directory)]));
  const included = (path: string): boolean =>
    [...reached].some(([directory, reaches]) => directory !== path && reaches.has(path));
  const roots = directories.filter((directory) => !included(directory));
  const covered = new Set(roots.flatMap((root) => [root, ...(reached.get(root) ?? [])]));
  for (const directory of directories) {
    if (covered.has(directory)) continue;
    roots.push(directory);
    for (const path of reached.get(directory) ?? []) covered.add(path);
  }
  return { roots, included, reached };
}

function reachedFrom(repository: Repository, directory: string): ReadonlySet<string> {
  const read = () => filesOf(repository, readKustomizationFile(repository, directory, startOf(directory)));
  return attempt(read) ?? new Set();
}

/** What the kustomization in a directory builds; nothing if it is a Component. */
export function kustomizationCluster(
  repository: Repository,
  directory: string,
  partial: boolean,
): BuiltCluster {
  const problems: BuildProblem[] = [];
  try {
    const file = readKustomizationFile(repository, directory, startOf(directory));
    const resources =
      file.kind === "Component"
        ? []
        : kustomizeBuild(file, repository, { onError: ({ problem }) => problems.push(problem), partial });
    return { name: directory, objects: identified(resources, problems), kustomizations: [], problems };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return { name: directory, objects: [], kustomizations: [], problems: [...problems, error.problem] };
  }
}

/** Documents that are not Kubernetes objects, such as Helm values, are skipped. */
function looseCluster(repository: Repository, files: readonly string[]): BuiltCluster {
  const objects: BuiltObject[] = [];
  const problems: BuildProblem[] = [];
  for (const file of files) {
    const { documents, errors } = repository.parse(file);
    for (const { message, origin } of errors)
      problems.push(new BuildError(message, origin, "syntax").problem);
    for (const { value, origin } of documents) {
      if (!isMapping(value) || scalarText(value.apiVersion) === "" || scalarText(value.kind) === "") continue;
      const resources = attempt(
        () => resourcesOf(value, origin),
        ({ problem }) => problems.push(problem),
      );
      objects.push(...identified(resources ?? [], problems));
    }
  }
  return { name: ".", objects, kustomizations: [], problems };
}

/** The objects that an API server could identify; the others are reported as problems. */
function identified(resources: readonly Resource[], problems: BuildProblem[]): readonly BuiltObject[] {
  return resources.flatMap(({ object, origin }) => {
    const error = identityError(object);
    if (error) problems.push(error.problem);
    return error ? [] : [{ object, kustomization: undefined, beforeSubstitution: object, origin }];
  });
}
