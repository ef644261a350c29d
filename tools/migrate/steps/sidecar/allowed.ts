import { isDeepStrictEqual } from "node:util";
import { cloneValue, isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { sameCluster, clusterOf } from "../../clusters.ts";
import { fieldAt, fieldsIn, nameOf } from "../../objects.ts";
import { listed } from "../../rendered-change.ts";
import type { Step, StepContext } from "../../step.ts";
import { supplied } from "../../supply.ts";
import { isRelease } from "../oci/artifact.ts";
import { releaseNamespace } from "../route/reading/hosts.ts";
import { addsOnlySkip } from "./config-text.ts";
import { pinnedSidecar, rbacObjects, roleOf } from "./container.ts";
import type { SidecarPlace } from "./place.ts";
import { placeIn } from "./releases.ts";

type BuiltCluster = StepContext["clusters"][number];

/** A release gets gatus-sidecar, its ServiceAccount gets a role, and Gatus's configuration gets one setting; nothing else changes. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  if (!after) return "this step removes nothing";
  const cluster = before
    ? clusterOf(before, context.clusters)
    : sameCluster(clusterOf(after, clusters), context.clusters);
  if (!cluster) return "its cluster is not known";
  if (!before)
    return isRole(after.object, cluster, context)
      ? undefined
      : "this step only adds a role for gatus-sidecar";
  if (isRelease(before.object)) return whyReleaseForbidden(before.object, after.object, cluster, context);
  return isConfigMap(before.object) && changesOnlySkip(before.object, after.object, ["data"])
    ? undefined
    : "something other than Gatus's configuration has changed";
};

const isConfigMap = ({ apiVersion, kind }: Mapping): boolean => apiVersion === "v1" && kind === "ConfigMap";

function isRole(object: Mapping, cluster: BuiltCluster, { options }: StepContext): boolean {
  const own = cluster.objects.flatMap(({ object: release }) => {
    const place = placeIn(release, cluster, options);
    if (place === undefined || typeof place === "string") return [];
    const account = { namespace: releaseNamespace(release), name: place.serviceAccount };
    return rbacObjects(roleOf(release), account, pinnedSidecar(options));
  });
  const metadata = isMapping(object.metadata) ? object.metadata : {};
  return own.some(
    (one) => nameOf(one).name === nameOf(object).name && isDeepStrictEqual({ ...one, metadata }, object),
  );
}

function whyReleaseForbidden(
  before: Mapping,
  after: Mapping,
  cluster: BuiltCluster,
  { options }: StepContext,
): string | undefined {
  const place = placeIn(before, cluster, options);
  if (place === undefined) return "this step only changes HelmReleases that run Gatus";
  if (typeof place === "string") return place;
  const expected = cloneValue(before);
  const spec = isMapping(expected.spec) ? expected.spec : {};
  spec.values = supplied(spec.values, place.values);
  return isDeepStrictEqual(expected, after) || isWithText(expected, after, place)
    ? undefined
    : "something other than gatus-sidecar has changed";
}

/** Whether a release's own configuration text differs by the setting, and nothing else differs. */
function isWithText(expected: Mapping, after: Mapping, { config }: SidecarPlace): boolean {
  return (
    config.in === "text" &&
    changesOnlySkip(expected, after, ["spec", "values", ...config.path.slice(0, -1).map(String)])
  );
}

/** Whether two objects differ only by the setting, in texts of the mapping at a path. */
function changesOnlySkip(before: Mapping, after: Mapping, path: readonly string[]): boolean {
  const expected = cloneValue(before);
  const texts: Record<string, Value> = fieldsIn(expected, path);
  for (const [key, text] of Object.entries(texts)) {
    const now = fieldAt(after, [...path, key]);
    if (typeof text === "string" && typeof now === "string" && addsOnlySkip(text, now)) texts[key] = now;
  }
  return isDeepStrictEqual(expected, after);
}

/** What the chart installs changes in the pod, its ServiceAccount and its configuration; the values determine how. */
const CHANGED_KINDS = ["Deployment", "StatefulSet", "ServiceAccount", "ConfigMap"];

/** What a chart installs differs only in Gatus's pod, its ServiceAccount and its configuration. */
export const whyRenderedForbidden: NonNullable<Step["whyRenderedForbidden"]> = ({ differences }) => {
  const others = differences.filter(
    ({ before, after }) => !after || !CHANGED_KINDS.includes(scalarText((before ?? after).object.kind)),
  );
  return others.length > 0 ? `its chart would install different objects: ${listed(others)}` : undefined;
};
