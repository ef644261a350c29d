import type { GroupKind } from "../../../../../policy/engine/object-index.ts";
import { at, text, type Fields } from "../../../../../policy/engine/read.ts";
import { releaseOf } from "../../../../../policy/objects/helm.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { fieldAt, isKind, nameOf } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { chartOf, valuesIn } from "../release/chart.ts";
import type { Reading } from "../reading/served.ts";
import type { Controller } from "./controller.ts";
import { nginx } from "./nginx.ts";
import { CONTROLLERS } from "./registry.ts";
import { traefik } from "./traefik.ts";
import { valuesWithoutRelease } from "./without-release.ts";

/** The controller that serves an ingress class; undefined if it is not known. */
export function controllerOf(
  ingressClass: string | undefined,
  cluster: BuiltCluster | undefined,
): Controller | undefined {
  if (ingressClass === undefined) return undefined;
  const known = cluster && classesOf(cluster).get(ingressClass);
  if (known) return known.controller;
  return [traefik, nginx].find((_, index) => ingressClass.includes(["traefik", "nginx"][index] ?? ""));
}

/** The controller that reads an Ingress or IngressRoute; undefined if it is not known. */
export const readerOf = (
  { kind, ingressClass }: Pick<Reading, "kind" | "ingressClass">,
  cluster: BuiltCluster | undefined,
): Controller | undefined => (kind === "IngressRoute" ? traefik : controllerOf(ingressClass, cluster));

/** The HelmRelease of the controller that serves an ingress class; if no release creates the class, the only release of the controller. */
export function controllerRelease(
  ingressClass: string | undefined,
  cluster: BuiltCluster | undefined,
): Mapping | undefined {
  if (ingressClass === undefined || cluster === undefined) return undefined;
  const known = classesOf(cluster);
  const own = known.get(ingressClass)?.release;
  if (own) return own;
  const controller = controllerOf(ingressClass, cluster);
  const releases = [...known.values()].filter((one) => one.controller === controller);
  const [only, ...others] = new Set(releases.flatMap(({ release }) => (release ? [release] : [])));
  return others.length === 0 ? only : undefined;
}

/** The values of {@link controllerRelease}; without one, what sets up the controller instead. */
export function controllerValues(
  ingressClass: string | undefined,
  cluster: BuiltCluster | undefined,
): Fields {
  if (cluster === undefined) return {};
  const release = controllerRelease(ingressClass, cluster);
  if (release === undefined)
    return valuesWithoutRelease(controllerOf(ingressClass, cluster), indexOf(cluster));
  return valuesIn(release, cluster);
}

/** The kind of object that defines a class. */
export const INGRESS_CLASS: GroupKind = { group: "networking.k8s.io", kind: "IngressClass" };

interface Class {
  readonly controller: Controller | undefined;
  readonly release?: Mapping;
}

/** The classes that a cluster defines, as objects or in the values of their controller's chart. */
export const classesOf = oncePer((cluster: BuiltCluster): ReadonlyMap<string, Class> => {
  const classes = new Map<string, Class>();
  for (const { object } of cluster.objects) {
    if (isRelease(object)) {
      const [name, controller] = chartClass(object, cluster) ?? [];
      if (name !== undefined) classes.set(name, { controller, release: object });
    } else if (isKind(object, INGRESS_CLASS)) {
      const implementation = scalarText(fieldAt(object, ["spec", "controller"]));
      const controller = CONTROLLERS.find(({ classController }) => classController === implementation);
      const { name } = nameOf(object);
      classes.set(name, { ...classes.get(name), controller });
    }
  }
  return classes;
});

/**
 * The class that a release of a controller's chart creates.
 * Sources: templates/controller-ingressclass.yaml in chart ingress-nginx, templates/ingressclass.yaml in chart traefik.
 */
function chartClass(release: Mapping, cluster: BuiltCluster): readonly [string, Controller] | undefined {
  const values = valuesIn(release, cluster);
  const value = (...path: readonly string[]): string => text(at(values, path)) ?? "";
  switch (chartOf(release, [cluster]).name) {
    case "ingress-nginx":
      return [value("controller", "ingressClassResource", "name") || "nginx", nginx];
    case "traefik": {
      const { name } = releaseOf(asKubeObject(release));
      const fullName = name.includes("traefik") ? name : `${name}-traefik`;
      return [value("ingressClass", "name") || value("fullnameOverride") || fullName, traefik];
    }
    default:
      return undefined;
  }
}
