import { coerce, gte, subset } from "semver";
import type { KubeObject } from "../../../../../kube/objects.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { at, text } from "../../../../../policy/engine/read.ts";
import { chartRange } from "../../../../../policy/knowledge/lookups.ts";
import { chartOf, valuesOf } from "../../../../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../../../../policy/objects/kinds.ts";
import { containersOf } from "../../../../../policy/objects/workloads.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import { controllerSources } from "./services.ts";

/** The first versions of Traefik 3, and of its chart that installs it (`appVersion` of chart 28.0.0). */
const FIRST = { traefik: "3.0.0", charts: ">=28.0.0" };

/** Whether the repository shows that the Traefik of a class is Traefik 3. */
export function isTraefik3(ingressClass: string, cluster: BuiltCluster): boolean {
  const sources = controllerSources(ingressClass, cluster);
  return sources.length > 0 && sources.every((source) => installs3(source, indexOf(cluster)));
}

function installs3(source: KubeObject, objects: ObjectIndex): boolean {
  if (source.kind !== HELM_RELEASE.kind) {
    const tags = containersOf(source).map(
      ({ spec }) => /:([^:@/]+)(?:@.*)?$/.exec(text(spec.image) ?? "")?.[1],
    );
    return tags.some(is3);
  }
  const tag = text(at(valuesOf(source, objects).values, ["image", "tag"]));
  if (tag !== undefined) return is3(tag);
  const chart = chartOf(source, objects);
  const range = chartRange(chart.version);
  return chart.name === "traefik" && range !== null && subset(range, FIRST.charts);
}

function is3(tag: string | undefined): boolean {
  const version = coerce(tag);
  return version !== null && gte(version, FIRST.traefik);
}
