import { compare, intersects, validRange } from "semver";
import { oncePer } from "../../lib/once-per.ts";
import { chartOf, valuesOf } from "../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../policy/objects/kinds.ts";
import { at, fields, list, text } from "../../policy/engine/read.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { describeCluster, indexOf } from "./clusters.ts";

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

/** The Flux version of a cluster, as a version or a range, and the place that sets it. */
export interface FluxVersion {
  readonly version: string;
  /** An object or a file. */
  readonly from: string;
}

/** Whether a cluster's Flux has a feature; undefined if its version is not known. A range counts as its newest version. */
export function hasFeature(
  cluster: BuiltCluster,
  feature: FluxFeature,
  repository: Repository,
): boolean | undefined {
  const found = fluxVersionOf(cluster, repository);
  return found && intersects(rangeOf(found.version), `>=${FLUX_FEATURES[feature]}`);
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
  return installedIn(cluster) ?? bootstrapVersion(cluster, repository);
}

const installedIn = oncePer((cluster: BuiltCluster): FluxVersion | undefined => {
  const index = indexOf(cluster);
  for (const versionIn of [instanceVersion, sourceVersion, componentVersion, imageVersion])
    for (const object of index.all()) {
      const version = versionIn(object);
      if (version !== undefined && isRange(version)) return { version, from: described(object) };
    }
  for (const release of index.ofKind(HELM_RELEASE)) {
    if (chartOf(release, index).name !== "flux-instance") continue;
    const { values, complete } = valuesOf(release, index);
    // The chart's default. Source: github.com/controlplaneio-fluxcd/charts, charts/flux-instance/values.yaml
    const version = text(at(values, ["instance", "distribution", "version"])) ?? (complete ? "2.x" : "");
    if (isRange(version)) return { version, from: described(release) };
  }
  return undefined;
});

const described = ({ kind, metadata: { namespace, name } }: KubeObject): string =>
  `${kind} ${namespace ?? ""}/${name}`;

function instanceVersion({ kind, spec }: KubeObject): string | undefined {
  return kind === "FluxInstance" ? text(at(spec, ["distribution", "version"])) : undefined;
}

/** Flux's own manifests, as the source of a Kustomization that upgrades Flux. */
function sourceVersion({ kind, spec }: KubeObject): string | undefined {
  if (kind !== "OCIRepository" && kind !== "GitRepository") return undefined;
  if (!/\/fluxcd\/(?:flux2|flux-manifests)(?:\.git)?\/?$/.test(text(fields(spec).url) ?? ""))
    return undefined;
  const { tag, semver } = fields(fields(spec).ref);
  return text(tag)?.replace(/@.*$/, "") ?? text(semver);
}

/** `flux install` labels everything with its version. */
function componentVersion({ metadata }: KubeObject): string | undefined {
  const labels = fields(metadata.labels);
  return labels["app.kubernetes.io/part-of"] === "flux"
    ? text(labels["app.kubernetes.io/version"])
    : undefined;
}

/** Since Flux 2.0, these controllers have had the minor version of Flux. */
function imageVersion({ kind, spec }: KubeObject): string | undefined {
  if (kind !== "Deployment") return undefined;
  const images = list(at(spec, ["template", "spec", "containers"])).map(
    (one) => text(fields(one).image) ?? "",
  );
  const [, minor] =
    images.map((image) => /\/(?:source|kustomize)-controller:v1\.(\d+)\./.exec(image)).find(Boolean) ?? [];
  return minor === undefined ? undefined : `2.${minor}.x`;
}

/** What `flux install` and `flux bootstrap` leave in a file, applied by hand or by Flux itself. */
const WRITTEN = [
  /fluxcd\/flux2\/+manifests\/install\/?\?ref=(v?\d+\.\d+\.\d+)/,
  /^# Flux Version: (v?\d+\.\d+\.\d+)/m,
];

interface Bootstrap extends FluxVersion {
  readonly path: string;
}

/** The version in the files below the cluster's directory; without one there, the oldest in all files. */
function bootstrapVersion(cluster: BuiltCluster, repository: Repository): FluxVersion | undefined {
  const all = bootstrapsIn(repository);
  const own = all.filter(({ path }) => path.startsWith(`${cluster.name}/`));
  const candidates = own.length > 0 ? own : all;
  return candidates.toSorted((a, b) => compare(a.version, b.version))[0];
}

const bootstrapsIn = oncePer((repository: Repository): readonly Bootstrap[] =>
  repository
    .yamlFiles(".")
    .filter((path) => /(?:^|\/)(?:kustomization|gotk-components)\.ya?ml$/.test(path))
    .flatMap((path) => {
      const content = fileText(repository, path) ?? "";
      const version = WRITTEN.map((pattern) => pattern.exec(content)?.[1]).find(Boolean);
      return version === undefined ? [] : [{ version, from: path, path }];
    }),
);

/** Masterminds/semver, which Flux uses, also accepts commas between conditions. */
const rangeOf = (version: string): string => version.replaceAll(",", " ").trim();
const isRange = (version: string): boolean =>
  rangeOf(version) !== "" && validRange(rangeOf(version)) !== null;
