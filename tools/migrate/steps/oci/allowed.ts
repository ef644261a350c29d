import { isDeepStrictEqual } from "node:util";
import { HELM_RELEASE } from "../../../../policy/objects/kinds.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { clusterOf } from "../../clusters.ts";
import { fieldAt, idOf, nameOf, objectNamed } from "../../objects.ts";
import type { Step, StepContext } from "../../step.ts";
import { artifactOf, isHelmRepository, isOciRepository, isRelease } from "./artifact.ts";
import { namesOf } from "./repositories.ts";
import { usersOf } from "./unused.ts";

/**
 * `chart` is replaced by the `chartRef` of an OCIRepository, existing or new, with exactly the same artifact; nothing else in the release
 * changes.
 */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  if (!before && after && isOciRepository(after.object)) return artifactMismatch(after.object, context);
  if (before && !after && isHelmRepository(before.object)) return whyStillNeeded(before, context, clusters);
  if (!before || !after || !isRelease(after.object))
    return "this step may only change HelmReleases, add OCIRepositories and remove unused HelmRepositories";
  if (!isDeepStrictEqual(withoutChart(before.object), withoutChart(after.object)))
    return "something other than its chart reference has changed";
  const source = artifactOf(before.object, context);
  if (source === undefined || "reason" in source) return "the address of its chart is not known";
  const reference = fieldAt(after.object, ["spec", "chartRef"]);
  const names = namesOf(after.object, source, clusters);
  return isMapping(reference) &&
    reference.kind === "OCIRepository" &&
    names.some((own) => own.has(scalarText(reference.name)))
    ? undefined
    : "its chartRef does not point to an OCIRepository with the same chart and version";
};

/** Why a HelmRepository must not be removed. */
function whyStillNeeded(
  built: BuiltObject,
  { clusters: before, options }: StepContext,
  clusters: readonly BuiltCluster[],
): string | undefined {
  if (!options.oci.remove.includes(idOf(built.object))) return "the options do not list it under oci.remove";
  const cluster = clusters.find(({ name }) => name === clusterOf(built, before)?.name);
  const [user] = cluster ? usersOf(built.object, cluster) : [];
  return user && `${user} refers to it`;
}

/** Why a new OCIRepository does not match the chart of the release with the same name. */
function artifactMismatch(object: Mapping, context: StepContext): string | undefined {
  const release = objectNamed(context.clusters, HELM_RELEASE, nameOf(object));
  const source = release && artifactOf(release.object, context);
  if (source === undefined || "reason" in source) return "no release with the same name has a known artifact";
  const same =
    fieldAt(object, ["spec", "url"]) === source.address &&
    fieldAt(object, ["spec", "ref", "tag"]) === source.tag;
  return same ? undefined : "its artifact is not the chart of the release with the same name";
}

function withoutChart(object: Mapping): unknown {
  const fields = isMapping(object.spec) ? Object.entries(object.spec) : [];
  return { ...object, spec: new Map(fields.filter(([key]) => key !== "chart" && key !== "chartRef")) };
}
