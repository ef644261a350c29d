import { HELM_RELEASE, OCI_REPOSITORY } from "../../../../policy/objects/kinds.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { clusterOf, indexOf } from "../../clusters.ts";
import { fluxVersionOf, hasFeature, versionToCheck, whyTooOld } from "../../flux-version.ts";
import type { WrittenObject } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";

/**
 * The `apiVersion` in which a cluster serves OCIRepositories: by its Flux version or, if that is not known, by the OCIRepositories that it
 * already has.
 */
export function ociApiVersion(cluster: BuiltCluster, repository: Repository): string {
  const isOld = hasFeature(cluster, "ociRepositoryV1", repository) === false;
  const version = isOld ? "v1beta2" : isKnown(cluster, repository) ? "v1" : versionInUse(cluster);
  return `${OCI_REPOSITORY.group}/${version ?? "v1"}`;
}

const isKnown = (cluster: BuiltCluster, repository: Repository): boolean =>
  fluxVersionOf(cluster, repository) !== undefined;

function versionInUse(cluster: BuiltCluster): string | undefined {
  const versions = indexOf(cluster)
    .ofKind(OCI_REPOSITORY)
    .map(({ apiVersion }) => apiVersion.split("/")[1] ?? "");
  return versions.includes("v1") ? "v1" : versions[0];
}

/** Why a release cannot have `chartRef`: its cluster's Flux does not know it, or its `apiVersion` requires `spec.chart` in Flux 2.4 to 2.6. */
export function whyNoChartRef(
  { forms }: WrittenObject,
  { clusters, repository }: StepContext,
): string | undefined {
  if (forms.some(({ object }) => object.apiVersion === `${HELM_RELEASE.group}/v2beta1`))
    return "its API version v2beta1 requires spec.chart from Flux 2.4 on: write it in v2 first";
  return forms
    .flatMap((form) => clusterOf(form, clusters) ?? [])
    .map((cluster) => whyTooOld(cluster, "chartRef", repository))
    .find(Boolean);
}

/** The `apiVersion` for an OCIRepository that all clusters with a release receive; a reason if they serve different ones. */
export function apiVersionFor(
  { forms }: WrittenObject,
  { clusters, repository }: StepContext,
): { readonly apiVersion: string } | string {
  const receivers = forms.flatMap((form) => clusterOf(form, clusters) ?? []);
  const [apiVersion = "", ...others] = new Set(
    receivers.map((cluster) => ociApiVersion(cluster, repository)),
  );
  return others.length === 0
    ? { apiVersion }
    : `its clusters serve different versions of OCIRepository (${[apiVersion, ...others].join(", ")}): bring Flux to the same version in all of them first`;
}

/** What to check in clusters that get an OCIRepository, and whose Flux version the repository does not show. */
export function unknownVersions(
  releases: readonly WrittenObject[],
  { clusters, repository }: StepContext,
): readonly Note[] {
  const receivers = releases.flatMap(({ forms }) => forms.flatMap((form) => clusterOf(form, clusters) ?? []));
  return [...new Set(receivers)]
    .filter((cluster) => !isKnown(cluster, repository) && versionInUse(cluster) === undefined)
    .map((cluster) => ({ kind: "runbook", message: versionToCheck(cluster, "ociRepositoryV1") }));
}
