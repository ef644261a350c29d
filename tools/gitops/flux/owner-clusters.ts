import { EdgefirstError } from "../../../lib/errors.ts";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { entryOrigin, isMapping, valueAt, type Mapping } from "../yaml/values.ts";
import type { WrittenObject } from "./written.ts";

/** The file in which the repository's owner names its clusters. */
export const CLUSTERS_FILE = ".edgefirst/clusters.yaml";

/** A cluster that the owner has named. */
export interface OwnerCluster {
  readonly name: string;
  /** The directory that the first Kustomization on the cluster builds. */
  readonly directory: string;
  /** Stands in for the cluster's first Kustomization if no Kustomization in the repository builds the directory. */
  readonly bootstrap: WrittenObject;
}

/**
 * The clusters in {@link CLUSTERS_FILE}, whose key `clusters` maps each cluster's name to the directory that its first Kustomization builds.
 * @throws {EdgefirstError} if the file is not valid or names a directory that does not exist
 */
export function ownerClusters(repository: Repository): readonly OwnerCluster[] {
  if (!repository.isFile(CLUSTERS_FILE)) return [];
  const { documents, errors } = repository.parse(CLUSTERS_FILE);
  const value = documents[0]?.value;
  const clusters = isMapping(value) ? value.clusters : undefined;
  if (errors[0] || !isMapping(clusters))
    throw invalid(errors[0]?.message ?? "it has no mapping named `clusters`");
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
    "Name the directory that each cluster's first Flux Kustomization builds, for example `clusters: { main: fleet/main }`.",
  );
}
