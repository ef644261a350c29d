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
 * Intended: `chart` gives way to `chartRef` of an OCIRepository with the very artifact, which is there or comes, and nothing else of the release
 * changes.
 */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  if (!before && after && isOciRepository(after.object)) return artifactMismatch(after.object, context);
  if (before && !after && isHelmRepository(before.object)) return whyStillNeeded(before, context, clusters);
  if (!before || !after || !isRelease(after.object))
    return "only HelmReleases, new OCIRepositories and unused HelmRepositories may change";
  if (!isDeepStrictEqual(withoutChart(before.object), withoutChart(after.object)))
    return "more than its chart has changed";
  const source = artifactOf(before.object, context);
  if (source === undefined || "reason" in source) return "its chart's address is not known";
  const reference = fieldAt(after.object, ["spec", "chartRef"]);
  const names = namesOf(after.object, source, clusters);
  return isMapping(reference) &&
    reference.kind === "OCIRepository" &&
    names.some((own) => own.has(scalarText(reference.name)))
    ? undefined
    : "its chartRef leads to no OCIRepository of the chart that it had";
};

/** Why a HelmRepository may not go. */
function whyStillNeeded(
  built: BuiltObject,
  { clusters: before, options }: StepContext,
  clusters: readonly BuiltCluster[],
): string | undefined {
  if (!options.oci.remove.includes(idOf(built.object))) return "its removal was not asked for by name";
  const cluster = clusters.find(({ name }) => name === clusterOf(built, before)?.name);
  const [user] = cluster ? usersOf(built.object, cluster) : [];
  return user && `${user} refers to it`;
}

/** Why a new OCIRepository is not the chart of the release with its name. */
function artifactMismatch(object: Mapping, context: StepContext): string | undefined {
  const release = objectNamed(context.clusters, HELM_RELEASE, nameOf(object));
  const source = release && artifactOf(release.object, context);
  if (source === undefined || "reason" in source) return "no release with its name has a known artifact";
  const same =
    fieldAt(object, ["spec", "url"]) === source.address &&
    fieldAt(object, ["spec", "ref", "tag"]) === source.tag;
  return same ? undefined : "its artifact is not the chart of the release with its name";
}

function withoutChart(object: Mapping): unknown {
  const fields = isMapping(object.spec) ? Object.entries(object.spec) : [];
  return { ...object, spec: new Map(fields.filter(([key]) => key !== "chart" && key !== "chartRef")) };
}
