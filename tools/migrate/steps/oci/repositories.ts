import { posix } from "node:path";
import { stringify } from "yaml";
import { OCI_REPOSITORY } from "../../../../policy/objects/kinds.ts";
import { directIncluders } from "../../../gitops/kustomize/includers.ts";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { entryFor, type NewFiles } from "../../new-files.ts";
import {
  asWritten,
  fieldAt,
  fieldsIn,
  idOf,
  nameOf,
  objectNamed,
  type WrittenObject,
} from "../../objects.ts";
import { clusterOf } from "../../clusters.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { StepContext } from "../../step.ts";
import { whyNotMovedTo, withComments, type VersionComments } from "./version-comments.ts";
import { whyNotListed } from "./unlisted.ts";
import { apiVersionFor } from "./api-version.ts";
import { isOciRepository, type Artifact, type Source } from "./artifact.ts";

/** The OCIRepositories that the step adds. */
export interface NewRepositories {
  readonly files: NewFiles;
  /** Their names, by artifact and directory: releases in one directory share them. */
  readonly created: Map<string, string>;
  /** Where shared ones have their names: in a cluster's namespace and in a directory. */
  readonly taken: Set<string>;
}

/**
 * The `chartRef` to an OCIRepository that exists in every cluster, or to a new one next to the release; a reason if neither is possible.
 */
export function referenceFor(
  release: WrittenObject,
  source: Source & VersionComments,
  context: StepContext,
  { files, created }: NewRepositories,
): Mapping | string {
  const [form] = release.forms;
  if (!form) return "it is not deployed to any cluster";
  const { name, namespace } = nameOf(form.object);
  const comments = [...source.markers, ...source.pin];
  const present = existingName(release, source, undefined, context);
  if (present !== undefined)
    return whyNotMovedTo(present, source) ?? { kind: "OCIRepository", name: present };
  const directory = posix.dirname(release.file);
  const namespaces = release.forms.map((built) => nameOf(built.object).namespace);
  const tag = versionVariable(release, context) ?? source.tag;
  // Each comment of a file stays: two releases with the same one do not share it.
  const own = comments.length === 0 ? undefined : [...comments, idOf(form.object)].join(" ");
  const key = artifactKey(directory, namespaces, source.fields, source.address, tag, own);
  const shared = created.get(key);
  if (shared !== undefined) return { kind: "OCIRepository", name: shared };
  const served = apiVersionFor(release, context);
  if (typeof served === "string") return served;
  const kustomizations = listersOf(release.file, files, context);
  const twice = whyTwice(release, context);
  if (twice !== undefined) return twice;
  if (objectNamed(context.clusters, OCI_REPOSITORY, { name, namespace }))
    return `OCIRepository ${namespace}/${name} already exists with another chart or version`;
  const path = posix.join(directory, "ocirepository.yaml");
  const [unlisted] = kustomizations.flatMap((one) => whyNotListed(path, one, files, context) ?? []);
  if (unlisted !== undefined) return unlisted;
  const metadata = { name, ...namespaceOf(release, namespace, context) };
  const chart = fieldsIn(form.object, ["spec", "chart"]);
  const replaced = fieldAt(chart, ["spec", "interval"]) === undefined ? form.object : chart;
  const yaml = ociRepository({ ...served, metadata }, { ...source, tag }, replaced);
  files.append(path, withComments(yaml, source));
  for (const one of kustomizations) files.addResource(one, entryFor(path, one));
  created.set(key, name);
  return { kind: "OCIRepository", name };
}

/**
 * Why an OCIRepository next to a release would reach a namespace several times, under the same name: overlays rename the release of a base, but Kustomize does not
 * change `chartRef`. Source: api/internal/konfig/builtinpluginconsts/namereference.go in kubernetes-sigs/kustomize.
 */
function whyTwice({ forms }: WrittenObject, { clusters }: StepContext): string | undefined {
  const places = Map.groupBy(
    forms,
    (form) => `${clusterOf(form, clusters)?.name ?? ""} ${nameOf(form.object).namespace}`,
  );
  const releases = [...places.values()].map((own) => [...new Set(own.map(({ object }) => idOf(object)))]);
  const named = releases.find((own) => own.length > 1);
  if (named === undefined) return undefined;
  const [one, other, ...more] = named;
  const all = more.length === 0 ? `${one} and ${other}` : `${one}, ${other} and ${more.length} more`;
  return `HelmReleases ${all} are all built from this file, and an OCIRepository next to it would be built as often, under one name: with --shared-repositories, or oci.shared in ${OPTIONS_FILE}, they share one next to their HelmRepository`;
}

/** The kustomizations that list a file or, if none does, the one next to it, if there is one: a new file next to it is listed there. */
function listersOf(file: string, files: NewFiles, { repository }: StepContext): readonly string[] {
  const find = (directory: string): string | undefined => findKustomizationFile(repository, directory);
  const listers = directIncluders(file, repository)
    .flatMap((directory) => find(directory) ?? [])
    .filter((kustomization) => files.isListed(kustomization, entryFor(file, kustomization)));
  if (listers.length > 0) return listers;
  const own = find(posix.dirname(file));
  return own === undefined ? [] : [own];
}

/** The chart version as the release's file has it, if Flux substitutes a variable in it. */
export function versionVariable(release: WrittenObject, { repository }: StepContext): string | undefined {
  const written = fieldAt(asWritten(release, repository), ["spec", "chart", "spec", "version"]);
  return scalarText(written).includes("$") ? scalarText(written) : undefined;
}

/** The namespace as the release's file has it; none if a Kustomization overrides that one anyway. */
function namespaceOf(
  release: WrittenObject,
  namespace: string,
  { repository }: StepContext,
): { readonly namespace?: string } {
  const written = scalarText(fieldAt(asWritten(release, repository), ["metadata", "namespace"]));
  return written === namespace || written.includes("$") ? { namespace: written } : {};
}

interface Head {
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** An OCIRepository as YAML, fetched as often as the object that it replaces. */
export function ociRepository(
  { apiVersion, metadata }: Head,
  { address, tag, fields }: Source,
  replaced: Mapping,
): string {
  return stringify({
    apiVersion,
    kind: "OCIRepository",
    metadata,
    spec: {
      interval: scalarText(fieldAt(replaced, ["spec", "interval"])) || "1h",
      ...fields,
      url: address,
      ref: { tag },
      layerSelector: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", operation: "copy" },
    },
  });
}

/**
 * The OCIRepository with the artifact that a release finds in each of its own clusters.
 * @param namespace where it looks; undefined for its own namespace
 */
export function existingName(
  { forms }: WrittenObject,
  source: Source,
  namespace: string | undefined,
  { clusters }: StepContext,
): string | undefined {
  const [first = [], ...others] = forms.map((form) =>
    namesIn(namespace ?? nameOf(form.object).namespace, source, clusterOf(form, clusters)),
  );
  return [...first].find((name) => others.every((own) => own.has(name)));
}

/** Names of the OCIRepositories with this artifact in a cluster's namespace. */
export function namesIn(
  namespace: string,
  { address, tag }: Artifact,
  cluster: BuiltCluster | undefined,
): ReadonlySet<string> {
  const key = artifactKey(namespace, address, tag);
  return (cluster && namesByArtifact(cluster).get(key)) ?? new Set();
}

/** Hundreds of apps may use the same chart, so the names are collected once. */
const namesByArtifact = oncePer(({ objects }: BuiltCluster): ReadonlyMap<string, ReadonlySet<string>> => {
  const repositories = objects.map(({ object }) => object).filter(isOciRepository);
  const byArtifact = Map.groupBy(repositories, (object) =>
    artifactKey(
      nameOf(object).namespace,
      fieldAt(object, ["spec", "url"]),
      fieldAt(object, ["spec", "ref", "tag"]),
    ),
  );
  return new Map(
    [...byArtifact].map(([key, own]) => [key, new Set(own.map((object) => nameOf(object).name))]),
  );
});

/** The artifact in a key of {@link NewRepositories.created}. */
export const artifactIn = (key: string): string =>
  JSON.stringify((JSON.parse(key) as unknown[]).slice(-3, -1));

/** Whether a key of {@link NewRepositories.created} is that of a release with an OCIRepository for itself. */
export const isUnshared = (key: string): boolean => (JSON.parse(key) as unknown[]).at(-1) !== null;

/** Identifies an artifact and what else keeps two OCIRepositories apart. */
export const artifactKey = (...parts: readonly unknown[]): string => JSON.stringify(parts);
