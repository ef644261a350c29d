import { isDeepStrictEqual } from "node:util";
import { OCI_REPOSITORY } from "../../../../policy/objects/kinds.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { sameCluster, clusterOf, describeCluster } from "../../clusters.ts";
import { fieldAt, fieldsIn, idOf, nameOf, objectNamed } from "../../objects.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { Step, StepContext } from "../../step.ts";
import { whyTooOld } from "../../flux-version.ts";
import { ociApiVersion } from "./api-version.ts";
import {
  artifactKeyOf,
  artifactOf,
  isHelmRepository,
  isOciRepository,
  isRelease,
  type Source,
} from "./artifact.ts";
import { namesIn } from "./repositories.ts";
import { usersOf } from "./users.ts";

/**
 * `chart` is replaced by the `chartRef` of an OCIRepository, existing or new, with exactly the same artifact; nothing else in the release
 * changes.
 */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  if (!before && after && isOciRepository(after.object))
    return artifactMismatch(after, context, clusters) ?? whyNotServed(after, context, clusters);
  if (before && !after && isHelmRepository(before.object)) return whyStillNeeded(before, context, clusters);
  if (!before || !after || !isRelease(after.object))
    return "this step may only change HelmReleases, add OCIRepositories and remove unused HelmRepositories";
  if (!isDeepStrictEqual(withoutChart(before.object), withoutChart(after.object)))
    return "something other than its chart reference has changed";
  if (fieldAt(after.object, ["spec", "chart"]) !== undefined)
    return "a patch sets spec.chart, and Flux rejects a release with both chart and chartRef";
  const old = clusterOf(before, context.clusters);
  const tooOld = old && whyTooOld(old, "chartRef", context.repository);
  if (tooOld !== undefined) return tooOld;
  const source = artifactOf(before, context);
  if (source === undefined || "reason" in source) return "the address of its chart is not known";
  return whyOtherArtifact(after.object, source, old, sameCluster(old, clusters));
};

/** Why a release does not get the same artifact, fetched in the same way, in its own cluster. */
function whyOtherArtifact(
  release: Mapping,
  source: Source,
  before: BuiltCluster | undefined,
  after: BuiltCluster | undefined,
): string | undefined {
  const reference = fieldsIn(release, ["spec", "chartRef"]);
  const namespace = scalarText(reference.namespace) || nameOf(release).namespace;
  const named = { namespace, name: scalarText(reference.name) };
  if (reference.kind !== "OCIRepository" || !namesIn(namespace, source, after).has(named.name))
    return "its chartRef finds no OCIRepository with the same chart and version in its cluster";
  const [was, is] = [before, after].map(
    (cluster) => cluster && objectNamed([cluster], OCI_REPOSITORY, named),
  );
  if (was || !is || isDeepStrictEqual(ownFields(is.object), source.fields)) return undefined;
  return "its OCIRepository is not fetched as its HelmRepository is";
}

/** Why a cluster would reject an OCIRepository. */
function whyNotServed(
  built: BuiltObject,
  { clusters: before, repository }: StepContext,
  clusters: readonly BuiltCluster[],
): string | undefined {
  const cluster = sameCluster(clusterOf(built, clusters), before);
  if (!cluster) return undefined;
  const served = ociApiVersion(cluster, repository);
  return built.object.apiVersion === served
    ? undefined
    : `${describeCluster(cluster)} serves OCIRepositories as ${served}`;
}

/** Why a HelmRepository must not be removed. */
function whyStillNeeded(
  built: BuiltObject,
  { clusters: before, options }: StepContext,
  clusters: readonly BuiltCluster[],
): string | undefined {
  if (!options.oci.remove.includes(idOf(built.object))) return "the options do not list it under oci.remove";
  const cluster = sameCluster(clusterOf(built, before), clusters);
  const [user] = cluster ? usersOf(built.object, cluster) : [];
  return user && `${user} refers to it`;
}

/** Why a new OCIRepository does not match the chart of any release: of its own cluster's, or, if none there has the chart, of another's. */
function artifactMismatch(
  built: BuiltObject,
  context: StepContext,
  clusters: readonly BuiltCluster[],
): string | undefined {
  const { object } = built;
  const { clusters: before } = context;
  const address = scalarText(fieldAt(object, ["spec", "url"]));
  const tag = scalarText(fieldAt(object, ["spec", "ref", "tag"]));
  const own = sameCluster(clusterOf(built, clusters), before);
  const known = [own, ...before]
    .map((cluster) => cluster && artifactsOf(context).get(cluster)?.get(artifactKeyOf({ address, tag })))
    .find((fields) => fields !== undefined);
  if (known && !known.some((fields) => isDeepStrictEqual(fields, ownFields(object))))
    return "it is not fetched as its HelmRepository is";
  return known ? undefined : "its artifact is not the chart of any release";
}

/** The fields of an OCIRepository that come from a HelmRepository. */
function ownFields(object: Mapping): unknown {
  const written = ["interval", "url", "ref", "layerSelector"];
  const fields = Object.entries(fieldsIn(object, ["spec"])).filter(([key]) => !written.includes(key));
  return Object.fromEntries(fields);
}

/** The artifacts of each cluster's releases, and the fields that their HelmRepositories pass on. */
const artifactsOf = oncePer(
  (context: StepContext): ReadonlyMap<BuiltCluster, ReadonlyMap<string, readonly Mapping[]>> =>
    new Map(context.clusters.map((cluster) => [cluster, artifactsIn(cluster, context)])),
);

function artifactsIn(
  { objects }: BuiltCluster,
  context: StepContext,
): ReadonlyMap<string, readonly Mapping[]> {
  const sources = objects
    .filter(({ object }) => isRelease(object))
    .map((release) => artifactOf(release, context));
  const known = sources.flatMap((source) => (source === undefined || "reason" in source ? [] : [source]));
  return new Map(
    [...Map.groupBy(known, artifactKeyOf)].map(([key, own]) => [key, own.map(({ fields }) => fields)]),
  );
}

function withoutChart(object: Mapping): unknown {
  const fields = isMapping(object.spec) ? Object.entries(object.spec) : [];
  return { ...object, spec: new Map(fields.filter(([key]) => key !== "chart" && key !== "chartRef")) };
}
