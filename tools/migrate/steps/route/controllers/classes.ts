import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { fieldAt, isKind, nameOf } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { chartOf } from "../chart.ts";
import type { Controller } from "./controller.ts";
import { nginx } from "./nginx.ts";
import { CONTROLLERS } from "./registry.ts";
import { traefik } from "./traefik.ts";

/** The controller that serves an ingress class; undefined if it is not known. */
export function controllerOf(
  ingressClass: string | undefined,
  cluster: BuiltCluster | undefined,
): Controller | undefined {
  if (ingressClass === undefined) return undefined;
  const known = cluster && classesOf(cluster);
  if (known?.has(ingressClass) === true) return known.get(ingressClass);
  return [traefik, nginx].find((_, index) => ingressClass.includes(["traefik", "nginx"][index] ?? ""));
}

/** The classes that a cluster defines, as objects or in the values of their controller's chart. */
const classesOf = oncePer((cluster: BuiltCluster): ReadonlyMap<string, Controller | undefined> => {
  const classes = new Map<string, Controller | undefined>();
  for (const { object } of cluster.objects) {
    if (isRelease(object)) {
      const [name, controller] = chartClass(object, cluster) ?? [];
      if (name !== undefined) classes.set(name, controller);
    } else if (isKind(object, "networking.k8s.io", "IngressClass")) {
      const controller = scalarText(fieldAt(object, ["spec", "controller"]));
      classes.set(
        nameOf(object).name,
        CONTROLLERS.find(({ classController }) => classController === controller),
      );
    }
  }
  return classes;
});

/**
 * The class that a release of a controller's chart creates.
 * Sources: templates/controller-ingressclass.yaml in chart ingress-nginx, templates/ingressclass.yaml in chart traefik.
 */
function chartClass(release: Mapping, cluster: BuiltCluster): readonly [string, Controller] | undefined {
  const value = (...path: readonly string[]): string =>
    scalarText(fieldAt(release, ["spec", "values", ...path]));
  switch (chartOf(release, [cluster]).name) {
    case "ingress-nginx":
      return [value("controller", "ingressClassResource", "name") || "nginx", nginx];
    case "traefik": {
      const name = scalarText(fieldAt(release, ["spec", "releaseName"])) || nameOf(release).name;
      const fullName = name.includes("traefik") ? name : `${name}-traefik`;
      return [value("ingressClass", "name") || value("fullnameOverride") || fullName, traefik];
    }
    default:
      return undefined;
  }
}
