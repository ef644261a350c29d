import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { isMapping, type Mapping, type PathStep, type Value } from "../../../gitops/yaml/values.ts";
import { fieldAt, nameOf } from "../../objects.ts";
import { isRelease } from "../oci/artifact.ts";
import { hostsInValues } from "../route/release/other-charts.ts";
import { VALUES } from "../route/release/values.ts";
import { rendered, servedHosts } from "../route/reading/hosts.ts";

/** Why no route in the files serves a host: its Ingress has not moved yet, or the chart of a release renders its route. */
export function whyUnserved(host: string, cluster: BuiltCluster): string {
  if (servedHosts(cluster).some((one) => one.host === host))
    return `no HTTPRoute serves ${host}, and gatus-sidecar does not watch Ingresses here; re-run this step after the route step`;
  for (const { object } of cluster.objects) {
    const path = isRelease(object) ? routeIn(fieldAt(object, VALUES), host, object, []) : undefined;
    if (path)
      return `the route for ${host} is in the values of HelmRelease ${nameOf(object).name} (${path.join(".")}), in a form that this step does not write: give it the endpoint's annotations there, and remove the ConfigMap`;
  }
  return `no HTTPRoute in this repository serves ${host}`;
}

/** Where values have a route for a host, by the names that charts give to routes. */
function routeIn(
  value: Value | undefined,
  host: string,
  release: Mapping,
  path: readonly PathStep[],
): readonly PathStep[] | undefined {
  if (!isMapping(value)) return undefined;
  const isRoute = path.some((key) => /^(?:gateway-?api|gateway|(?:http-?)?routes?)$/i.test(String(key)));
  if (
    isRoute &&
    value.enabled !== false &&
    hostsInValues(value).some((one) => rendered(one, release) === host)
  )
    return path;
  return Object.entries(value)
    .map(([key, inner]) => routeIn(inner, host, release, [...path, key]))
    .find(Boolean);
}
