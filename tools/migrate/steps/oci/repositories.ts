import { posix } from "node:path";
import { stringify } from "yaml";
import { OCI_REPOSITORY } from "../../../../policy/objects/kinds.ts";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { NewFiles } from "../../new-files.ts";
import { asWritten, fieldAt, nameOf, objectNamed, type WrittenObject } from "../../objects.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { StepContext } from "../../step.ts";
import { whyNotMovable, withMarker } from "./image-policy.ts";
import { isOciRepository, SOURCE, type Source } from "./artifact.ts";

/** The OCIRepositories that the step adds. */
export interface NewRepositories {
  readonly files: NewFiles;
  /** Their names, by artifact and directory: releases in one directory share them. */
  readonly created: Map<string, string>;
}

/**
 * The `chartRef` to an OCIRepository that exists in every cluster, or to a new one next to the release; a reason if neither is possible.
 */
export function referenceFor(
  release: WrittenObject,
  source: Source & { readonly markers: readonly string[] },
  context: StepContext,
  { files, created }: NewRepositories,
): Mapping | string {
  const [form] = release.forms;
  if (!form) return "it is not deployed to any cluster";
  const { name, namespace } = nameOf(form.object);
  const [marker] = source.markers;
  const unmovable = whyNotMovable(source.markers);
  if (unmovable !== undefined) return unmovable;
  const known = release.forms.map((built) => {
    const [names] = namesOf(built.object, source, context.clusters).filter(({ size }) => size > 0);
    return names?.values().next().value;
  });
  const [first] = known;
  if (first !== undefined && known.every((one) => one === first))
    return marker === undefined
      ? { kind: "OCIRepository", name: first }
      : `image automation updates its chart version (${marker}), and OCIRepository ${first} already exists: move the marker to its tag by hand`;
  const directory = posix.dirname(release.file);
  const namespaces = release.forms.map((built) => nameOf(built.object).namespace);
  const key = artifactKey(directory, namespaces, source.address, source.tag, marker);
  const shared = created.get(key);
  if (shared !== undefined) return { kind: "OCIRepository", name: shared };
  const kustomization = findKustomizationFile(context.repository, directory);
  if (objectNamed(context.clusters, OCI_REPOSITORY, { name, namespace }))
    return `OCIRepository ${namespace}/${name} already exists with another chart or version`;
  const writesNamespace =
    fieldAt(asWritten(release, context.repository), ["metadata", "namespace"]) !== undefined;
  const path = posix.join(directory, "ocirepository.yaml");
  const object = {
    apiVersion: `${SOURCE}/v1`,
    kind: "OCIRepository",
    metadata: { name, ...(writesNamespace && { namespace }) },
    spec: {
      interval:
        scalarText(fieldAt(form.object, ["spec", "chart", "spec", "interval"])) ||
        scalarText(fieldAt(form.object, ["spec", "interval"])) ||
        "1h",
      url: source.address,
      ref: { tag: source.tag },
      layerSelector: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", operation: "copy" },
    },
  };
  files.append(path, withMarker(stringify(object), marker));
  if (kustomization !== undefined) files.addResource(kustomization, "./ocirepository.yaml");
  created.set(key, name);
  return { kind: "OCIRepository", name };
}

/** Names of the OCIRepositories with this artifact in the release's namespace, one set per cluster. */
export function namesOf(
  release: Mapping,
  { address, tag }: Source,
  clusters: readonly BuiltCluster[],
): readonly ReadonlySet<string>[] {
  const key = artifactKey(nameOf(release).namespace, address, tag);
  return clusters.map((cluster) => namesByArtifact(cluster).get(key) ?? new Set());
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

const artifactKey = (...parts: readonly unknown[]): string => JSON.stringify(parts);
