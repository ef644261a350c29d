import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { mappingsIn, type Mapping } from "../../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { nameOf } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { dialectOf, readIngress, readRoute } from "../release/app-template.ts";
import { chartOf } from "../release/chart.ts";
import { withDefaultClass } from "../controllers/default-class.ts";
import { releaseNamespace, rendered, sourceOf } from "./hosts.ts";
import { readHttpRoute } from "../routes/http-route.ts";
import type { RouteOptions } from "../options.ts";
import { isPlainRedirect } from "../plain/listeners.ts";
import { isHttpRoute, isIngress, readAny } from "./kinds.ts";
import { entriesAt, INGRESS, ROUTE, servicesIn } from "../release/values.ts";
import type { Reading, Served } from "./served.ts";
import { servicesOf } from "../backends/services.ts";

/** What was read from an Ingress in a cluster, with its hosts as the cluster receives them. */
export interface ClusterReading {
  /** The Ingress, the IngressRoute, or the HelmRelease whose values contain it. */
  readonly object: Mapping;
  readonly source: string;
  readonly reading: Reading;
}

/** All Ingresses in a cluster, those in app-template values included. */
export const readingsOf = oncePer((options: RouteOptions) =>
  oncePer((cluster: BuiltCluster): readonly ClusterReading[] =>
    cluster.objects.flatMap(({ object }): readonly ClusterReading[] => {
      if (isIngress(object)) {
        const reading = readAny(object, nameOf(object).namespace, servicesOf(cluster));
        return [{ object, source: sourceOf(object), reading: withDefaultClass(reading, cluster, options) }];
      }
      return isRelease(object) ? inValues(object, cluster, options) : [];
    }),
  ),
);

function inValues(object: Mapping, cluster: BuiltCluster, options: RouteOptions): readonly ClusterReading[] {
  if (chartOf(object, [cluster]).name !== "app-template") return [];
  return entriesAt(object, INGRESS).map(([key, entry]) => {
    const reading = withDefaultClass(
      readIngress(entry, servicesIn(object), releaseNamespace(object)),
      cluster,
      options,
    );
    const served = reading.served.map((one) => ({ ...one, host: rendered(one.host, object) }));
    return { object, source: sourceOf(object, key), reading: { ...reading, served } };
  });
}

/** A route in a cluster, with its hosts as the cluster receives them. */
export interface ClusterRoute {
  /** The HTTPRoute, or the HelmRelease whose values contain the route. */
  readonly object: Mapping;
  readonly source: string;
  /** Each with its namespace. */
  readonly parentRefs: readonly Mapping[];
  readonly served: readonly Served[];
}

/** All routes in a cluster, those in app-template values included; without those that only redirect to HTTPS. */
export const routesIn = oncePer((cluster: BuiltCluster): readonly ClusterRoute[] =>
  cluster.objects.flatMap(({ object }): readonly ClusterRoute[] => {
    if (isRelease(object)) return routesInValues(object, cluster);
    if (!isHttpRoute(object) || isPlainRedirect(asKubeObject(object))) return [];
    return [{ object, source: sourceOf(object), ...readHttpRoute(object, nameOf(object).namespace) }];
  }),
);

function routesInValues(object: Mapping, cluster: BuiltCluster): readonly ClusterRoute[] {
  const chart = chartOf(object, [cluster]);
  const dialect = chart.name === "app-template" ? dialectOf(chart) : "another chart";
  if (typeof dialect === "string") return [];
  const namespace = releaseNamespace(object);
  return entriesAt(object, ROUTE).map(([key, entry]) => ({
    object,
    source: `${sourceOf(object)} (route.${key})`,
    parentRefs: mappingsIn(entry.parentRefs).map((parent) => ({ namespace, ...parent })),
    served: readRoute(entry, servicesIn(object), dialect).map((one) => ({
      ...one,
      host: rendered(one.host, object),
    })),
  }));
}
