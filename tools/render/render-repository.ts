import type { BuiltCluster } from "../gitops/flux/built.ts";
import { buildRepository, type BuiltRepository } from "../gitops/flux/repository-build.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { Renderer } from "./renderer.ts";
import type { Rendered } from "./rendered.ts";

/** A repository, and what its charts render. */
export interface RepositoryRendering {
  readonly built: BuiltRepository;
  readonly clusters: ReadonlyMap<BuiltCluster, Rendered>;
}

/** Builds a repository offline, and renders the HelmReleases of every cluster. */
export async function renderRepository(
  repository: Repository,
  renderer: Renderer,
  built: BuiltRepository = buildRepository(repository, { partial: true }),
): Promise<RepositoryRendering> {
  const clusters = new Map<BuiltCluster, Rendered>();
  for (const cluster of built.clusters) clusters.set(cluster, await renderer.render(cluster, repository));
  return { built, clusters };
}
