import { at, fields, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { CONFIG_MAP, DAEMON_SET, DEPLOYMENT } from "../../../../../policy/objects/kinds.ts";
import { argumentsOf, containersOf } from "../../../../../policy/objects/workloads.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { yamlMap } from "../../../../../lib/yaml-map.ts";
import type { Controller } from "./controller.ts";
import { nginx } from "./nginx.ts";
import { traefik } from "./traefik.ts";

/** How a controller's chart is called, and its image. */
interface Names {
  readonly chart: string;
  readonly image: RegExp;
}

const TRAEFIK: Names = { chart: "traefik", image: /(?:^|\/)traefik[:@]/ };
const NGINX: Names = { chart: "ingress-nginx", image: /ingress-nginx\/controller[:@]/ };

function namesOf(controller: Controller | undefined): Names | undefined {
  if (controller === traefik) return TRAEFIK;
  return controller === nginx ? NGINX : undefined;
}

/** The settings of a controller that no HelmRelease installs, in the form of its chart's values. */
export function valuesWithoutRelease(controller: Controller | undefined, objects: ObjectIndex): Fields {
  const names = namesOf(controller);
  return names === undefined ? {} : settingsIn(objects)(names);
}

// Asked for each Ingress, and the text of a HelmChart's values takes long to parse.
const settingsIn = oncePer((objects: ObjectIndex) => oncePer((names: Names) => settingsOf(names, objects)));

function settingsOf(names: Names, objects: ObjectIndex): Fields {
  const contents = helmCharts(names, objects).map(
    ({ spec }) => yamlMap(text(fields(spec).valuesContent) ?? "") ?? {},
  );
  const values = Object.assign({}, ...contents) as Fields;
  if (names === TRAEFIK) {
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

/** What runs a controller that no HelmRelease installs: its Deployments and DaemonSets, HelmCharts and HelmChartConfigs. */
export function sourcesWithoutRelease(
  controller: Controller | undefined,
  objects: ObjectIndex,
): readonly KubeObject[] {
  const names = namesOf(controller);
  if (names === undefined) return [];
  return [...containers(objects, names).map(({ workload }) => workload), ...helmCharts(names, objects)];
}

/** The HelmCharts and HelmChartConfigs for a controller, as K3s and RKE2 bring their own. Source: https://docs.k3s.io/add-ons/helm */
export function helmChartsOf(controller: Controller, objects: ObjectIndex): readonly KubeObject[] {
  const names = namesOf(controller);
  return names === undefined ? [] : helmCharts(names, objects);
}

function helmCharts({ chart }: Names, objects: ObjectIndex): readonly KubeObject[] {
  return ["HelmChart", "HelmChartConfig"]
    .flatMap((kind) => objects.ofKind({ group: "helm.cattle.io", kind }))
    .filter(
      ({ metadata, spec }) => metadata.name.endsWith(chart) || text(fields(spec).chart)?.endsWith(chart),
    );
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

function containers(objects: ObjectIndex, { image }: Names): readonly Container[] {
  return [DEPLOYMENT, DAEMON_SET]
    .flatMap((kind) => objects.ofKind(kind))
    .flatMap((workload) =>
      containersOf(workload)
        .filter(({ spec }) => image.test(text(spec.image) ?? ""))
        .map((container) => ({ workload, args: argumentsOf(container) })),
    );
}
