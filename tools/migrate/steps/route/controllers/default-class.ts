import { at, text, type Fields } from "../../../../../policy/engine/read.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { indexOf } from "../../../clusters.ts";
import { fieldAt, isKind, nameOf } from "../../../objects.ts";
import { valuesIn } from "../release/chart.ts";
import type { RouteOptions } from "../options.ts";
import type { Reading } from "../reading/served.ts";
import { classesOf, INGRESS_CLASS } from "./classes.ts";
import type { Controller } from "./controller.ts";
import { nginx } from "./nginx.ts";
import { traefik } from "./traefik.ts";
import { helmChartsOf, sourcesWithoutRelease, valuesWithoutRelease } from "./without-release.ts";

/** What was read, with the class that the cluster gives it if it names none: the one that the repository shows, or else that in the options. */
export function withDefaultClass(
  reading: Reading,
  cluster: BuiltCluster | undefined,
  options: Pick<RouteOptions, "defaultClass">,
): Reading {
  if ((reading.ingressClass ?? "") !== "" || cluster === undefined) return reading;
  const ingressClass =
    reading.kind === "IngressRoute"
      ? (onlyTraefik(cluster) ?? options.defaultClass)
      : defaultClassOf(cluster, options);
  return { ...reading, ingressClass };
}

/** The class of Ingresses that name none: the one that the repository shows, or else that in the options. */
export const defaultClassOf = (
  cluster: BuiltCluster,
  options: Pick<RouteOptions, "defaultClass">,
): string | undefined => defaultClass(cluster) ?? options.defaultClass;

/** The class of Ingresses without one, if there is a single default. */
const defaultClass = oncePer((cluster: BuiltCluster): string | undefined => {
  const marked = cluster.objects
    .filter(({ object }) => isKind(object, INGRESS_CLASS) && isMarked(object))
    .map(({ object }) => nameOf(object).name);
  const releases = [...classesOf(cluster)].flatMap(([name, { controller, release }]) =>
    release ? [{ name, isDefault: isDefault(controller, valuesIn(release, cluster)) }] : [],
  );
  const charts = [traefik, nginx].flatMap((controller) => classesOfCharts(controller, cluster));
  const all = [...releases, ...charts];
  const [only, ...others] = new Set([
    ...marked,
    ...all.filter((one) => one.isDefault !== false).map(({ name }) => name),
  ]);
  const isKnown = marked.length > 0 || all.some(({ name, isDefault: own }) => name === only && own === true);
  return others.length === 0 && isKnown ? only : undefined;
});

/** The class of a controller that K3s or RKE2 installs from a HelmChart, if the repository has that or a HelmChartConfig for it. */
function classesOfCharts(controller: Controller, cluster: BuiltCluster) {
  const objects = indexOf(cluster);
  if (helmChartsOf(controller, objects).length === 0) return [];
  const values = valuesWithoutRelease(controller, objects);
  const path =
    controller === nginx ? ["controller", "ingressClassResource", "name"] : ["ingressClass", "name"];
  const name = text(at(values, path)) ?? (controller === nginx ? "nginx" : "traefik");
  return [{ name, isDefault: isDefault(controller, values) }];
}

const isMarked = (ingressClass: Mapping): boolean =>
  scalarText(
    fieldAt(ingressClass, ["metadata", "annotations", "ingressclass.kubernetes.io/is-default-class"]),
  ) === "true";

/**
 * Whether a release makes its class the default; undefined if its values do not say, because Traefik's chart has had both defaults.
 * Sources: ingressClass in the values of chart traefik, controller.ingressClassResource in those of chart ingress-nginx.
 */
function isDefault(controller: Controller | undefined, values: Fields): boolean | undefined {
  const [own, field] =
    controller === nginx
      ? [at(values, ["controller", "ingressClassResource"]), "default"]
      : [at(values, ["ingressClass"]), "isDefaultClass"];
  if (at(own, ["enabled"]) === false) return false;
  const value = at(own, [field]);
  return value === undefined && controller === traefik ? undefined : value === true;
}

/** The class of the only Traefik, if that reads IngressRoutes without a class. */
const onlyTraefik = oncePer((cluster: BuiltCluster): string | undefined => {
  const [only, ...others] = [...classesOf(cluster)].filter(([, { controller }]) => controller === traefik);
  const isElsewhere = sourcesWithoutRelease(traefik, indexOf(cluster)).length > 0;
  if (only === undefined || others.length > 0 || isElsewhere) return undefined;
  const [name, { release }] = only;
  if (release === undefined) return undefined;
  const values = valuesIn(release, cluster);
  const provider = at(values, ["providers", "kubernetesCRD"]);
  const isLimited =
    (text(at(provider, ["ingressClass"])) ?? "") !== "" ||
    at(provider, ["enabled"]) === false ||
    /kubernetescrd\.ingressclass/i.test(JSON.stringify(values));
  return isLimited ? undefined : name;
});
