import { compare, intersects, validRange } from "semver";
import { oncePer } from "../../../lib/once-per.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import type { ObjectIndex } from "../../../policy/engine/object-index.ts";
import { at, fields, list, text } from "../../../policy/engine/read.ts";
import { chartOf, selectedVersion, valuesOf } from "../../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../../policy/objects/kinds.ts";
import { isKustomizationFile } from "../yaml/paths.ts";
import { searchedText } from "../yaml/file-text.ts";
import { yamlFilesIn } from "../yaml/yaml-files.ts";
import type { Repository } from "../yaml/repository.ts";

/** The Flux version of a cluster, as a version or a range, and the place that sets it. */
export interface FluxVersion {
  readonly version: string;
  /** An object or a file. */
  readonly from: string;
}

/** A cluster that runs Flux. */
export interface FluxCluster {
  readonly name: string;
  readonly objects: ObjectIndex;
  readonly repository: Repository;
}

/** Whether a version, or the newest in a range, is at least another one. */
export function isAtLeast(version: string, least: string): boolean {
  return intersects(rangeOf(version), `>=${least}`);
}

/** Whether a version, or the oldest in a range, is older than another one. */
export function mayBeOlder(version: string, other: string): boolean {
  return intersects(rangeOf(version), `<${other}`);
}

/** The Flux version of a cluster; undefined if the repository does not show it. */
export function fluxVersionOf({ name, objects, repository }: FluxCluster): FluxVersion | undefined {
  return installedIn(objects) ?? bootstrapVersion(name, repository);
}

const installedIn = oncePer((index: ObjectIndex): FluxVersion | undefined => {
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
  return selectedVersion(fields(spec).ref);
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

/** A file that installs Flux, written by `flux install` or `flux bootstrap`. */
export interface BootstrapFile extends FluxVersion {
  readonly content: string;
}

/** The oldest version in the files that install Flux on a cluster. */
function bootstrapVersion(cluster: string, repository: Repository): FluxVersion | undefined {
  const [oldest] = bootstrapFiles(cluster, repository).toSorted((a, b) => compare(a.version, b.version));
  return oldest && { version: oldest.version, from: oldest.from };
}

/** The files that install Flux, below the cluster's directory; without any there, those of the whole repository. */
export function bootstrapFiles(cluster: string, repository: Repository): readonly BootstrapFile[] {
  const all = bootstrapsIn(repository);
  const own = all.filter(({ from }) => from.startsWith(`${cluster}/`));
  return own.length > 0 ? own : all;
}

const bootstrapsIn = oncePer((repository: Repository): readonly BootstrapFile[] =>
  yamlFilesIn(repository)
    .filter((path) => isKustomizationFile(path) || /(?:^|\/)gotk-components\.ya?ml$/.test(path))
    .flatMap((path) => {
      const content = searchedText(repository, path);
      const version = WRITTEN.map((pattern) => pattern.exec(content)?.[1]).find(Boolean);
      return version === undefined ? [] : [{ version, from: path, content }];
    }),
);

/** Masterminds/semver, which Flux uses, also accepts commas between conditions. */
const rangeOf = (version: string): string => version.replaceAll(",", " ").trim();
const isRange = (version: string): boolean =>
  rangeOf(version) !== "" && validRange(rangeOf(version)) !== null;
