import { EdgefirstError } from "../../../lib/errors.ts";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { entryOrigin, isMapping, valueAt, type Mapping } from "../yaml/values.ts";
import type { WrittenObject } from "./written.ts";

/** The file in which an owner names the clusters of a repository. */
export const CLUSTERS_FILE = ".edgefirst/clusters.yaml";

/** A cluster that the owner has named. */
export interface OwnerCluster {
  readonly name: string;
  /** Where its Flux starts. */
  readonly directory: string;
  /** The Kustomization that stands for its bootstrap, if none of the repository builds the directory. */
  readonly bootstrap: WrittenObject;
}

/**
 * The clusters in {@link CLUSTERS_FILE}: under `clusters`, the directory where the Flux of each starts.
 * @throws {EdgefirstError} if the file is not valid or names a directory that does not exist
 */
export function ownerClusters(repository: Repository): readonly OwnerCluster[] {
  if (!repository.isFile(CLUSTERS_FILE)) return [];
  const { documents, errors } = repository.parse(CLUSTERS_FILE);
  const value = documents[0]?.value;
  const clusters = isMapping(value) ? value.clusters : undefined;
  if (errors[0] || !isMapping(clusters))
    throw invalid(errors[0]?.message ?? "it has no mapping under clusters");
  return Object.keys(clusters).map((name) => {
    const directory = scalarText(clusters[name]).replace(/^\.?\/+|\/+$/g, "");
    if (!repository.isDirectory(directory)) throw invalid(`the directory ${directory} does not exist`);
    const object = bootstrapOf(directory);
    const placed = valueAt(object, entryOrigin(clusters, name)) as Mapping;
    return { name, directory, bootstrap: { object: placed, file: CLUSTERS_FILE, isBootstrap: true } };
  });
}

function bootstrapOf(directory: string): Mapping {
  const metadata = { name: "flux-system", namespace: "flux-system" };
  const sourceRef = { kind: "GitRepository", ...metadata };
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata,
    spec: { interval: "10m", path: directory, prune: true, sourceRef },
  };
}

function invalid(reason: string): EdgefirstError {
  return new EdgefirstError(
    `${CLUSTERS_FILE} is not valid: ${reason}.`,
    "Write the directory where the Flux of each cluster starts: clusters: { main: fleet/main }.",
  );
}
