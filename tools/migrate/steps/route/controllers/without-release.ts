import { parse } from "yaml";
import { at, fields, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { CONFIG_MAP, DAEMON_SET, DEPLOYMENT } from "../../../../../policy/objects/kinds.ts";
import { containersOf } from "../../../../../policy/objects/workloads.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import type { Controller } from "./controller.ts";
import { nginx } from "./nginx.ts";
import { traefik } from "./traefik.ts";

const TRAEFIK = /(?:^|\/)traefik[:@]/;
const NGINX = /ingress-nginx\/controller[:@]/;

/** The settings of a controller that no HelmRelease installs, in the form of its chart's values. */
export function valuesWithoutRelease(controller: Controller | undefined, objects: ObjectIndex): Fields {
  if (controller !== traefik && controller !== nginx) return {};
  const contents = helmChartValues(controller === traefik ? "traefik" : "ingress-nginx", objects);
  const values = Object.assign({}, ...contents) as Fields;
  if (controller === traefik) {
    const flags = [
      ...containers(objects, TRAEFIK).flatMap(({ args }) => args),
      ...contents.flatMap(argumentsIn),
    ];
    return { ...values, additionalArguments: flags };
  }
  const config = Object.assign(
    {},
    ...contents.map((content) => at(content, ["controller", "config"])),
    ...nginxMaps(objects).map((map) => fields(map).data),
  ) as Fields;
  return { ...values, controller: { ...fields(values.controller), config } };
}

const argumentsIn = ({ additionalArguments }: Fields): readonly string[] => texts(additionalArguments);

/** The Deployments and DaemonSets that run a controller. */
export function workloadsOf(controller: Controller | undefined, objects: ObjectIndex): readonly KubeObject[] {
  if (controller !== traefik && controller !== nginx) return [];
  return containers(objects, controller === traefik ? TRAEFIK : NGINX).map(({ workload }) => workload);
}

/** The HelmCharts and HelmChartConfigs for a controller, which K3s and RKE2 install. */
export function helmChartsOf(
  controller: Controller | undefined,
  objects: ObjectIndex,
): readonly KubeObject[] {
  if (controller !== traefik && controller !== nginx) return [];
  return helmCharts(controller === traefik ? "traefik" : "ingress-nginx", objects);
}

/**
 * The values in the HelmCharts and HelmChartConfigs of K3s and RKE2, which bring their own Traefik and ingress-nginx.
 * Source: https://docs.k3s.io/add-ons/helm
 */
function helmChartValues(chart: string, objects: ObjectIndex): readonly Fields[] {
  return helmCharts(chart, objects).map(({ spec }) => parsed(text(fields(spec).valuesContent) ?? ""));
}

function helmCharts(chart: string, objects: ObjectIndex): readonly KubeObject[] {
  return ["HelmChart", "HelmChartConfig"]
    .flatMap((kind) => objects.ofKind({ group: "helm.cattle.io", kind }))
    .filter(
      ({ metadata, spec }) => metadata.name.endsWith(chart) || text(fields(spec).chart)?.endsWith(chart),
    );
}

function parsed(content: string): Fields {
  try {
    return fields(parse(content, { merge: true }));
  } catch {
    return {};
  }
}

/**
 * The ConfigMaps that ingress-nginx reads: those that its flag names, and those with the name that its manifests use, as the Deployment may be elsewhere.
 * Source: https://kubernetes.github.io/ingress-nginx/user-guide/cli-arguments/ (--configmap)
 */
function nginxMaps(objects: ObjectIndex): readonly KubeObject[] {
  const named = containers(objects, NGINX).flatMap(({ workload, args }) =>
    args.flatMap((argument) => {
      const [, namespace = "", name] = /^--configmap=([^/]+)\/(.+)$/.exec(argument) ?? [];
      const own = workload.metadata.namespace ?? "";
      return name === undefined ? [] : `${namespace.startsWith("$(") ? own : namespace}/${name}`;
    }),
  );
  return objects
    .ofKind(CONFIG_MAP)
    .filter(
      ({ metadata: { namespace = "", name } }) =>
        name === "ingress-nginx-controller" || named.includes(`${namespace}/${name}`),
    );
}

interface Container {
  readonly workload: KubeObject;
  readonly args: readonly string[];
}

function containers(objects: ObjectIndex, image: RegExp): readonly Container[] {
  return [DEPLOYMENT, DAEMON_SET]
    .flatMap((kind) => objects.ofKind(kind))
    .flatMap((workload) =>
      containersOf(workload)
        .filter(({ spec }) => image.test(text(spec.image) ?? ""))
        .map(({ spec }) => ({ workload, args: [...texts(spec.command), ...texts(spec.args)] })),
    );
}
