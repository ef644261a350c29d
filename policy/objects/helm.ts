import { createHash } from "node:crypto";
import { mergedMaps } from "../../lib/maps.ts";
import { parse } from "../../lib/quiet-yaml.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import { CONFIG_MAP, HELM_CHART, HELM_RELEASE, OCI_REPOSITORY } from "./kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";

/** The chart of a HelmRelease. */
export interface Chart {
  /** The chart's name; undefined if the release's OCIRepository is not available. */
  readonly name: string | undefined;
  /** The chart as written; for one in a GitRepository its directory, which may wrap the chart that it is named after. */
  readonly written: string | undefined;
  /** The version or range as written; undefined if any version is allowed, if only a digest is set, or if the OCIRepository is not available. */
  readonly version: string | undefined;
  /** The field in the release that selects the chart. */
  readonly path: Path;
}

/** The chart of a HelmRelease, named in the release, in its HelmChart, or by the last part of its OCIRepository's URL. */
export function chartOf(release: KubeObject, objects: ObjectIndex): Chart {
  const own = fields(at(release, ["spec", "chart", "spec"]));
  if (text(own.chart) !== undefined) return namedChart(own, ["spec", "chart", "spec", "chart"]);
  const reference = fields(at(release, ["spec", "chartRef"]));
  const kind = reference.kind === HELM_CHART.kind ? HELM_CHART : OCI_REPOSITORY;
  const source = objects.get(
    kind,
    text(reference.namespace) ?? release.metadata.namespace,
    text(reference.name) ?? "",
  );
  const path = ["spec", "chartRef"];
  const { url, ref, ...spec } = fields(source?.spec);
  if (kind === HELM_CHART) return namedChart(spec, path);
  const name = lastPart(text(url));
  return { name, written: name, version: selectedVersion(ref), path };
}

function namedChart({ chart, version }: Fields, path: Path): Chart {
  const written = text(chart);
  return { name: lastPart(written), written, version: text(version), path };
}

const lastPart = (path: string | undefined): string | undefined =>
  path?.replace(/\/+$/, "").split("/").at(-1);

/**
 * The version or range in the `ref` of an OCIRepository or GitRepository. Flux prefers a digest to a range, and a range to a tag; next to a digest, they say which
 * version it is. Source: docs/spec/v1/ocirepositories.md of source-controller.
 */
export function selectedVersion(ref: unknown): string | undefined {
  const { semver, tag } = fields(ref);
  return [semver, tag].map((one) => text(one)?.replace(/@.*$/, "")).find(Boolean);
}

/** The longest name of a release that Helm accepts. */
const MAX_NAME = 53;

/**
 * The name and namespace of the Helm release. Sources in helm-controller: GetReleaseName and GetReleaseNamespace in api/v2, ShortenName in
 * internal/release.
 */
export function releaseOf({ metadata, spec }: KubeObject): {
  readonly name: string;
  readonly namespace: string;
} {
  const { releaseName, targetNamespace } = fields(spec);
  const target = text(targetNamespace);
  const own = target === undefined ? metadata.name : `${target}-${metadata.name}`;
  return { name: shortened(text(releaseName) ?? own), namespace: target ?? metadata.namespace ?? "default" };
}

function shortened(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${name.slice(0, MAX_NAME - 13)}-${hash}`;
}

/** Whether a HelmRelease installs its chart on another cluster. Source: https://fluxcd.io/flux/components/helm/helmreleases/#kubeconfig-remote-clusters */
export const isRemote = ({ spec }: KubeObject): boolean =>
  Object.keys(fields(fields(spec).kubeConfig)).length > 0;

/** The HelmReleases that install their charts on this cluster. */
export const localReleases = oncePer((objects: ObjectIndex): readonly KubeObject[] =>
  objects.ofKind(HELM_RELEASE).filter((release) => !isRemote(release)),
);

/** Those of {@link localReleases} whose charts are not rendered, so that what they install is known from their values at most. */
export const unrenderedReleases = oncePer((objects: ObjectIndex): readonly KubeObject[] =>
  localReleases(objects).filter((release) => !objects.isRendered(release)),
);

/** The values of a HelmRelease. */
export interface Values {
  readonly values: Fields;
  /** False if some come from a Secret, or from a ConfigMap that is not available. */
  readonly complete: boolean;
  /** Returns the path at which the release sets a value: below `spec.values`, or in `spec.valuesFrom`. */
  readonly path: (steps: Path) => Path;
}

/** The chart's values: those from `valuesFrom`, in order, overridden by the release's own (Flux: HelmRelease, "Values"). */
export function valuesOf(release: KubeObject, objects: ObjectIndex): Values {
  return valuesIn(objects)(release);
}

// Several rules read the values of each release, and a ConfigMap's text takes long to parse.
const valuesIn = oncePer((objects: ObjectIndex) =>
  oncePer((release: KubeObject): Values => readValues(release, objects)),
);

function readValues(release: KubeObject, objects: ObjectIndex): Values {
  const own = fields(at(release, ["spec", "values"]));
  const path = (steps: Path): Path => valuePath(own, steps, references.length > 0);
  const references = list(at(release, ["spec", "valuesFrom"])).map(fields);
  if (references.length === 0) return { values: own, complete: true, path };
  let values: Fields = {};
  let complete = true;
  for (const reference of references) {
    const brought = valuesFrom(reference, release, objects);
    if (brought !== undefined) values = mergedMaps(values, brought);
    else if (reference.optional !== true) complete = false;
  }
  return { values: mergedMaps(values, own), complete, path };
}

/**
 * The longest prefix of the path that exists in the release; for a value from a reference, the path of `spec.valuesFrom`.
 */
function valuePath(own: Fields, steps: Path, referenced: boolean): Path {
  if (referenced && at(own, steps.slice(0, 1)) === undefined) return ["spec", "valuesFrom"];
  let length = 0;
  while (length < steps.length && at(own, steps.slice(0, length + 1)) !== undefined) length += 1;
  return ["spec", "values", ...steps.slice(0, length)];
}

function valuesFrom(reference: Fields, release: KubeObject, objects: ObjectIndex): Fields | undefined {
  if (reference.kind !== "ConfigMap" || reference.targetPath !== undefined) return undefined;
  const configMap = objects.get(CONFIG_MAP, release.metadata.namespace, text(reference.name) ?? "");
  const content = text(at(configMap, ["data", text(reference.valuesKey) ?? "values.yaml"]));
  if (content === undefined) return undefined;
  try {
    return fields(parse(content, { merge: true }));
  } catch {
    return undefined;
  }
}

/** The values of a release that is not rendered; undefined if it is, because its objects show what they do. */
export function unrenderedValues(release: KubeObject, objects: ObjectIndex): Values | undefined {
  return objects.isRendered(release) ? undefined : valuesOf(release, objects);
}
