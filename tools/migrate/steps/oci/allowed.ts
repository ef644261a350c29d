import { isDeepStrictEqual } from "node:util";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { clusterOf } from "../../clusters.ts";
import { fieldAt, idOf, nameOf } from "../../objects.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { Step, StepContext } from "../../step.ts";
import { artifactKeyOf, artifactOf, isHelmRepository, isOciRepository, isRelease } from "./artifact.ts";
import { namesIn } from "./repositories.ts";
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
  const namespace = scalarText(fieldAt(reference, ["namespace"])) || nameOf(after.object).namespace;
  const names = namesIn(namespace, source, clusters);
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

/** Why a new OCIRepository does not match the chart of any release. */
function artifactMismatch(object: Mapping, context: StepContext): string | undefined {
  const address = scalarText(fieldAt(object, ["spec", "url"]));
  const tag = scalarText(fieldAt(object, ["spec", "ref", "tag"]));
  return artifactsOf(context).has(artifactKeyOf({ address, tag }))
    ? undefined
    : "its artifact is not the chart of any release";
}

/** The artifacts of all releases. */
const artifactsOf = oncePer((context: StepContext): ReadonlySet<string> => {
  const releases = context.clusters.flatMap(({ objects }) =>
    objects.filter(({ object }) => isRelease(object)),
  );
  const sources = releases.map(({ object }) => artifactOf(object, context));
  return new Set(
    sources.flatMap((source) => (source === undefined || "reason" in source ? [] : [artifactKeyOf(source)])),
  );
});

function withoutChart(object: Mapping): unknown {
  const fields = isMapping(object.spec) ? Object.entries(object.spec) : [];
  return { ...object, spec: new Map(fields.filter(([key]) => key !== "chart" && key !== "chartRef")) };
}
