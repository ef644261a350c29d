import { posix } from "node:path";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { searchedText } from "../yaml/file-text.ts";
import { isMapping } from "../yaml/values.ts";
import { appliersOf } from "./appliers.ts";
import { buildCluster } from "./cluster-build.ts";
import type { BuiltCluster, BuiltObject, Orphans } from "./built.ts";
import { bootstrapsIn } from "./bootstraps.ts";
import { isCopy, rootsByCluster, type Root } from "./cluster-names.ts";
import { isFluxKustomization, pathOf, sourceName, specOf } from "./flux-kustomization.ts";
import { ownerClusters, type OwnerCluster } from "./owner-clusters.ts";
import { Artifacts } from "./artifacts.ts";
import { KeptBuilds } from "./kept-results.ts";
import { pushedBy } from "./pushed-sources.ts";
import { plainClusters } from "./plain-clusters.ts";
import { missingSyncPaths } from "./missing-sync-path.ts";
import { ownSources } from "./own-sources.ts";
import { findRoots } from "./roots.ts";
import { switchedOff } from "./switched-off.ts";
import { isChartTemplate } from "./chart-templates.ts";
import { yamlFilesIn } from "../yaml/yaml-files.ts";
import { isTemplate, type WrittenObject } from "./written.ts";
import { writtenKustomizations } from "./written-kustomizations.ts";

/** Everything that a repository applies, by cluster. */
export interface BuiltRepository {
  readonly clusters: readonly BuiltCluster[];
  /** Flux Kustomizations that are not built because their source is another repository, in the form `namespace/name (source)`. */
  readonly external: readonly string[];
  /** Files that contain objects but that no Flux Kustomization uses; without Flux, the templates of Helm charts. */
  readonly unreached: readonly string[];
}

/** Options for building a repository. */
export interface BuildOptions {
  /** Objects that exist only on the clusters. Kustomizations among them are built, but are not part of the result themselves. */
  readonly orphans?: Orphans;
  /** Whether the result includes the objects of a Kustomization that could only be built in part. Good enough for reading, not for proofs. */
  readonly partial?: boolean;
  /** Results of builds of other copies of the repository; what the differences between the copies do not reach is taken from there. */
  readonly kept?: KeptBuilds;
}

/**
 * Builds a repository offline: every Flux Kustomization from the roots down, as Flux does. Without Flux, builds every kustomization that is not included by
 * another, and uses the remaining files as written, except the templates of Helm charts.
 */
export function buildRepository(
  repository: Repository,
  { orphans = new Map(), partial = false, kept = new KeptBuilds() }: BuildOptions = {},
): BuiltRepository {
  const files = yamlFilesIn(repository);
  const surviving = [...orphans.values()].flat().map(asWritten);
  const named = ownerClusters(repository);
  // What finds a cluster may be below a Kustomization that exists only there, which applies it and substitutes its variables.
  const kustomizations = surviving.filter(({ object }) => isFluxKustomization(object));
  const all = writtenKustomizations(repository);
  const onClusters = kustomizations.length === 0 ? all : [...all, ...kustomizations];
  const written = withBootstraps(onClusters, repository, named);
  if (written.length === 0) {
    const templates = new Set(files.filter((file) => isChartTemplate(file, repository)));
    const plain = files.filter((file) => !templates.has(file));
    return { clusters: plainClusters(repository, plain, partial), external: [], unreached: [...templates] };
  }
  const artifacts = new Artifacts(repository, files, { orphans: surviving, kept });
  const sources = ownSources(written, repository, artifacts);
  const survivors = new Set(surviving.map(({ object }) => object));
  const roots = deployed(
    findRoots(written, sources, artifacts, repository).filter(({ object }) => !survivors.has(object)),
    repository,
    files,
  );
  const byCluster = rootsByCluster(roots, named);
  const built = [...new Set([...byCluster.keys(), ...orphans.keys()])].flatMap((name) =>
    buildCluster(
      (byCluster.get(name) ?? []).map(({ object }) => object),
      {
        name,
        orphans: (orphans.get(name) ?? []).filter(({ object }) => isFluxKustomization(object)),
        sources,
        artifacts,
        repository,
        partial,
      },
    ),
  );
  const missing = missingSyncPaths(repository, sources).map(({ problem }) => problem);
  const clusters = built.map((cluster, index) =>
    index === 0 && missing.length > 0 ? { ...cluster, problems: [...cluster.problems, ...missing] } : cluster,
  );
  const external = clusters
    .flatMap(({ kustomizations }) => kustomizations)
    .filter(({ object }) => !sources.has(object))
    .map(({ object }) => {
      const metadata = isMapping(object.metadata) ? object.metadata : {};
      return `${scalarText(metadata.namespace)}/${scalarText(metadata.name)} (${sourceName(object)})`;
    });
  const reached = new Set([
    ...artifacts.filesRead(),
    ...[...byCluster.values()].flat().map(({ file }) => file),
  ]);
  const unreached = files.filter((file) => !reached.has(file) && mayHoldObjects(repository, file));
  return { clusters, external, unreached };
}

/** The roots without those that are switched off and apply no other Kustomization, unless none would remain. */
function deployed(roots: readonly Root[], repository: Repository, files: readonly string[]): readonly Root[] {
  if (roots.length < 2 || roots.every(({ descendants }) => descendants.length > 0)) return roots;
  const isOff = switchedOff(repository, files);
  const on = roots.filter(({ file, descendants }) => descendants.length > 0 || !isOff(file));
  return on.length > 0 ? on : roots;
}

/**
 * The written Kustomizations, plus bootstraps for the paths that none of these builds: those that the Flux Operator creates, and one for each cluster
 * that the owner has named.
 */
function withBootstraps(
  written: readonly WrittenObject[],
  repository: Repository,
  named: readonly OwnerCluster[],
): readonly WrittenObject[] {
  const all = [...written];
  const building = (path: string): readonly WrittenObject[] =>
    all.filter(({ object }) => pathOf(object) === path && isFluxKustomization(object));
  const bootstraps = bootstrapsIn(repository, written);
  const isByHand = ({ file, isBootstrap }: WrittenObject): boolean =>
    isBootstrap === true && appliersOf(file, [...written, ...bootstraps]).length === 0;
  for (const bootstrap of bootstraps) {
    const path = pathOf(bootstrap.object);
    // Clusters that differ in nothing but what their FluxInstances patch follow the same path. An instance that Flux applies is that of the cluster itself.
    const builds = building(path).some(
      (one) => isCopy(one, bootstrap) || !isByHand(one) || !isByHand(bootstrap),
    );
    if (isTemplate(bootstrap.object)) continue;
    const top = pushedBy(specOf(bootstrap.object).sourceRef, repository)?.directory ?? ".";
    if (repository.isDirectory(posix.join(top, path)) && !builds) all.push(bootstrap);
  }
  for (const { directory, bootstrap } of named) if (building(directory).length === 0) all.push(bootstrap);
  return all;
}

/** In a block mapping or in a flow mapping, such as JSON; the second field may come first. */
const TOP_API_VERSION = /^(?:\{(?:[^{}]*,)?\s*)?["']?apiVersion["']?\s*:/m;
/** Only after a brace or a comma on another line: from each of many blank lines, it would look at all that follow. */
const KIND = /(?:^[^\S\n]*|[{,]\s*)["']?kind["']?\s*:/m;

function mayHoldObjects(repository: Repository, file: string): boolean {
  const content = searchedText(repository, file);
  return TOP_API_VERSION.test(content) && KIND.test(content);
}

function asWritten({ object, origin, kustomization }: BuiltObject): WrittenObject {
  return {
    object,
    file: origin.source.file,
    ...(kustomization && { applier: kustomization.object }),
  };
}
