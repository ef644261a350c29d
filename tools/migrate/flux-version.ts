import { counted } from "../../lib/counted.ts";
import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import { fluxVersionOf as versionOf, isAtLeast, type FluxVersion } from "../gitops/flux/flux-version.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import { describeCluster, indexOf } from "./clusters.ts";
import { idOf } from "./objects.ts";

/** What Flux must be able to do, and the version that introduced it. Source: https://github.com/fluxcd/flux2/releases */
export const FLUX_FEATURES = {
  /** `spec.chartRef` of a HelmRelease. */
  chartRef: "2.3.0",
  /** `spec.deletionPolicy` of a Kustomization. */
  deletionPolicy: "2.5.0",
  /** OCIRepository in `source.toolkit.fluxcd.io/v1`; the version v1beta2 was removed in 2.8.0. */
  ociRepositoryV1: "2.6.0",
} as const;

/** One of {@link FLUX_FEATURES}. */
export type FluxFeature = keyof typeof FLUX_FEATURES;

/** Whether a cluster's Flux has a feature; undefined if its version is not known. A range counts as its newest version. */
export function hasFeature(
  cluster: BuiltCluster,
  feature: FluxFeature,
  repository: Repository,
): boolean | undefined {
  const found = fluxVersionOf(cluster, repository);
  return found && isAtLeast(found.version, FLUX_FEATURES[feature]);
}

/** Why a cluster's Flux is too old for a feature; undefined if it is not, or if its version is not known. */
export function whyTooOld(
  cluster: BuiltCluster,
  feature: FluxFeature,
  repository: Repository,
): string | undefined {
  if (hasFeature(cluster, feature, repository) !== false) return undefined;
  const { version = "", from = "" } = fluxVersionOf(cluster, repository) ?? {};
  return `${describeCluster(cluster)} runs Flux ${version} (${from}), and ${USE[feature]} needs Flux ${FLUX_FEATURES[feature]} or later: upgrade Flux first`;
}

/**
 * Why Kustomizations cannot have `deletionPolicy`: the API server rejects it in any version but v1, and with it everything else that their parent
 * applies. Source: config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml in fluxcd/kustomize-controller 1.5 to 1.7.
 */
export function whyNoDeletionPolicy(kustomizations: readonly BuiltObject[]): string | undefined {
  const old = kustomizations.filter(({ object }) => !scalarText(object.apiVersion).endsWith("/v1"));
  if (old.length === 0) return undefined;
  const ids = old.map(({ object }) => idOf(object)).join(", ");
  const versions = [...new Set(old.map(({ object }) => scalarText(object.apiVersion)))].join(", ");
  return `${counted(old.length, "Kustomization")} ${old.length === 1 ? "uses" : "use"} ${versions}, which has no deletionPolicy: change the apiVersion to kustomize.toolkit.fluxcd.io/v1 first (${ids})`;
}

/** What to check before a commit that needs a feature, if the repository does not show the Flux version of a cluster. */
export function versionToCheck(cluster: BuiltCluster, feature: FluxFeature): string {
  return `the repository does not show the Flux version of ${describeCluster(cluster)}: before the commit, \`flux version\` must report ${FLUX_FEATURES[feature]} or later, because of ${USE[feature]}`;
}

const USE: Readonly<Record<FluxFeature, string>> = {
  chartRef: "chartRef in HelmReleases",
  deletionPolicy: "deletionPolicy in Kustomizations",
  ociRepositoryV1: "OCIRepository v1",
};

/** The Flux version of a cluster; undefined if the repository does not show it. */
export function fluxVersionOf(cluster: BuiltCluster, repository: Repository): FluxVersion | undefined {
  return versionOf({ name: cluster.name, objects: indexOf(cluster), repository });
}
