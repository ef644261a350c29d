import { oncePer } from "../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { nameOf } from "../../objects.ts";
import { isRelease } from "../oci/artifact.ts";
import { readIngress } from "./app-template.ts";
import { chartOf } from "./chart.ts";
import { withDefaultClass } from "./controllers/default-class.ts";
import { releaseNamespace, rendered, sourceOf } from "./hosts.ts";
import { isIngress, readAny } from "./read.ts";
import { entriesAt, INGRESS, servicesIn } from "./release-values.ts";
import type { Reading } from "./served.ts";
import { servicesOf } from "./services.ts";

/** What was read from an Ingress in a cluster, with its hosts as the cluster receives them. */
export interface ClusterReading {
  /** The Ingress, the IngressRoute, or the HelmRelease whose values contain it. */
  readonly object: Mapping;
  readonly source: string;
  readonly reading: Reading;
}

/** All Ingresses in a cluster, those in app-template values included. */
export const readingsOf = oncePer((cluster: BuiltCluster): readonly ClusterReading[] =>
  cluster.objects.flatMap(({ object }): readonly ClusterReading[] => {
    if (isIngress(object)) {
      const reading = readAny(object, nameOf(object).namespace, servicesOf(cluster));
      return [{ object, source: sourceOf(object), reading: withDefaultClass(reading, cluster) }];
    }
    return isRelease(object) ? inValues(object, cluster) : [];
  }),
);

function inValues(object: Mapping, cluster: BuiltCluster): readonly ClusterReading[] {
  if (chartOf(object, [cluster]).name !== "app-template") return [];
  return entriesAt(object, INGRESS).map(([key, entry]) => {
    const reading = withDefaultClass(
      readIngress(entry, servicesIn(object), releaseNamespace(object)),
      cluster,
    );
    const served = reading.served.map((one) => ({ ...one, host: rendered(one.host, object) }));
    return { object, source: sourceOf(object, key), reading: { ...reading, served } };
  });
}
