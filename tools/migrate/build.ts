import { oncePer } from "../../lib/once-per.ts";
import { isKustomizationFile } from "../gitops/yaml/paths.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { BuiltCluster, Orphans } from "../gitops/flux/built.ts";
import { KeptBuilds } from "../gitops/flux/kept-results.ts";
import { buildRepository } from "../gitops/flux/repository-build.ts";
import { findTopLevelKey } from "./top-level-key.ts";
import type { BuildProblem } from "../gitops/problem.ts";

/**
 * Builds what the clusters receive from a repository. An entry that cannot be built is reported as a problem of its cluster and does not
 * hide the others. Of a copy with changes, only what the changes reach is built.
 */
export function buildClusters(repository: Repository, orphans?: Orphans): readonly BuiltCluster[] {
  const kept = keptBuilds(repository.disk);
  return buildRepository(repository, { partial: true, kept, ...(orphans && { orphans }) }).clusters;
}

const keptBuilds = oncePer(() => new KeptBuilds());

/** Kustomization fields that add objects and leave the others unchanged. */
const ADDING = ["resources", "bases", "configMapGenerator", "secretGenerator"];

/** Whether a problem only means that some objects are missing, because an entry that adds objects could not be read. */
export function onlyHidesObjects(
  { position: { file, line } }: BuildProblem,
  repository: Repository,
): boolean {
  if (!isKustomizationFile(file)) return false;
  const key = findTopLevelKey(repository, file, line);
  return key !== undefined && ADDING.includes(key);
}
