import { describeEndpoint, endpointsWith } from "../../../../policy/objects/endpoints.ts";
import { endpointFiles, endpointKey } from "../../../../kube/gatus-endpoints.ts";
import { text } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { MigrateOptions } from "../../options.ts";
import { gatusPrograms, readsRoutes } from "../../../../policy/objects/gatus-presence.ts";
import { indexOf } from "../../clusters.ts";
import { isRelease } from "../oci/artifact.ts";
import { chartOf } from "../route/release/chart.ts";
import { whyReplacing, withAllValues } from "./all-values.ts";
import { placeInAppTemplate } from "./app-template.ts";
import { placeInGatusChart } from "./gatus-chart.ts";
import type { SidecarPlace } from "./place.ts";

/** What a release gets in a cluster; a reason if it cannot get it, undefined if it does not run Gatus. */
export function placeIn(
  release: Mapping,
  cluster: BuiltCluster,
  options: MigrateOptions,
): SidecarPlace | string | undefined {
  if (!isRelease(release)) return undefined;
  const all = withAllValues(release, cluster);
  const place = placeFor(all.release, cluster, options);
  if (place === undefined || typeof place === "string") return place && (all.unknown ?? place);
  return all.unknown ?? whyReplacing(place.values, all.release, release) ?? place;
}

function placeFor(
  release: Mapping,
  cluster: BuiltCluster,
  options: MigrateOptions,
): SidecarPlace | string | undefined {
  const { name, version } = chartOf(release, [cluster]);
  if (name === "gatus") return placeInGatusChart(release, version, options);
  return name === "app-template" ? placeInAppTemplate(release, version, cluster, options) : undefined;
}

/** Why a cluster's Gatus must not get gatus-sidecar; empty if it already has one that watches routes, undefined if it may get one. */
export function whyNotIn(cluster: BuiltCluster, config: string | undefined): string | undefined {
  const sidecars = gatusPrograms(indexOf(cluster)).sidecars;
  if (sidecars.some(readsRoutes)) return "";
  if (sidecars.length > 0)
    return "gatus-sidecar already runs in this cluster, but does not watch HTTPRoutes: add --auto-httproute to its arguments, and rules for httproutes and gateways to its role";
  return sameKey(cluster, config);
}

/** Two endpoints with the same key stop Gatus. */
function sameKey(cluster: BuiltCluster, config: string | undefined): string | undefined {
  const own = endpointFiles({ data: { "config.yaml": config ?? "" } } as never).flatMap(
    ({ endpoints = [] }) => endpoints.map(({ group, name }) => endpointKey(text(group), text(name) ?? "")),
  );
  const all = endpointsWith(indexOf(cluster), { routes: "all", gateways: [] });
  for (const [key, endpoints] of all.byKey) {
    const isRoute = endpoints.some(({ route }) => route !== undefined);
    if (key === undefined || !isRoute || (endpoints.length === 1 && !own.includes(key))) continue;
    const names = [
      ...endpoints.map(describeEndpoint),
      ...(own.includes(key) ? ["Gatus's configuration"] : []),
    ];
    return `the endpoint key ${key} would be used by ${names.join(" and ")}, and Gatus would reject its whole configuration: set group or name in the annotation gatus.home-operations.com/endpoint first`;
  }
  return undefined;
}
