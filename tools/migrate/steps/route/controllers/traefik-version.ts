import type { KubeObject } from "../../../../../kube/objects.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { chartOf, valuesOf } from "../../../../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../../../../policy/objects/kinds.ts";
import { chartIsAmong, imageIsAmong, type Releases } from "../../../../../policy/objects/traefiks.ts";
import { containersOf } from "../../../../../policy/objects/workloads.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import { controllerSources } from "./services.ts";

/** Traefik 3, and the releases of its chart that install it (`appVersion` of chart 28.0.0). */
const TRAEFIK_3: Releases = { traefik: "3.0.0", charts: ">=28.0.0" };

/** Whether the repository shows that the Traefik of a class is Traefik 3. */
export function isTraefik3(ingressClass: string, cluster: BuiltCluster): boolean {
  const sources = controllerSources(ingressClass, cluster);
  return sources.length > 0 && sources.every((source) => installs3(source, indexOf(cluster)));
}

function installs3(source: KubeObject, objects: ObjectIndex): boolean {
  if (source.kind !== HELM_RELEASE.kind)
    return containersOf(source).some((container) => imageIsAmong(TRAEFIK_3, container));
  const { name, version } = chartOf(source, objects);
  // Of another chart, only a tag in its values says which Traefik it installs.
  const known = name === "traefik" ? version : undefined;
  return chartIsAmong(TRAEFIK_3, known, valuesOf(source, objects).values);
}
