import type { KubeObject } from "../../kube/objects.ts";
import { isMap } from "../../lib/maps.ts";
import { appValues, dialectOf } from "./app-template-dialect.ts";
import { chartOf, type Values } from "./helm.ts";
import { PROBES } from "./probes.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, text, type Fields } from "../engine/read.ts";
import type { Container } from "./workloads.ts";

/**
 * Whether the objects of the release are known from app-template's values; false once the chart is rendered. This module reads the values as the chart does (github.com/bjw-s-labs/helm-charts, charts/library/common/templates: lib/container,
 * lib/routes, classes/_route.tpl).
 */
export function isAppTemplate(release: KubeObject, objects: ObjectIndex): boolean {
  if (objects.isRendered(release)) return false;
  const { name } = chartOf(release, objects);
  const reference = text(at(release, ["spec", "chartRef", "name"]));
  return name === undefined ? reference === "app-template" : name === "app-template";
}

/** A container in an app-template release. Its values have the shape of a Pod's container. */
export interface AppContainer extends Container {
  readonly controller: string;
  /** The container's `probes`, with defaults from `defaultContainerOptions`. */
  readonly probes: Fields;
}

/** Controllers that run to completion. */
const SHORT_LIVED = ["cronjob", "job"];

/** Every container in the release, except those in disabled controllers; empty for any other chart. */
export function appContainers(release: KubeObject, objects: ObjectIndex): readonly AppContainer[] {
  if (!isAppTemplate(release, objects)) return [];
  const values = appValues(release, objects);
  if (dialectOf(release, objects) === "single") return singleContainers(values);
  return enabled(values.values.controllers).flatMap(([controller, settings]) =>
    (["initContainers", "containers"] as const).flatMap((field) =>
      enabled(settings[field]).map(([name, own]) =>
        appContainer(values, { controller, settings, field, name, own }),
      ),
    ),
  );
}

/** Containers next to the main one: `sidecars` since 1.3, which still reads the other (lib/controller/_pod.tpl). */
const SIDE_BY_SIDE = ["additionalContainers", "sidecars"] as const;

/** The containers in the values of 0.x and 1.x: the main one is at the top level, and the others are written as in a Pod. */
function singleContainers({ values, path }: Values): readonly AppContainer[] {
  const controller = fields(values.controller);
  if (controller.enabled === false) return [];
  const shared = {
    controller: "main",
    pod: { ...values, securityContext: values.podSecurityContext },
    longRunning: !SHORT_LIVED.includes(text(controller.type) ?? "deployment"),
  };
  const main: AppContainer = {
    ...shared,
    name: "main",
    path: path([]),
    spec: { ...values, image: imageOf(values.image), ports: servicePorts(values) },
    probes: fields(values.probes),
  };
  const others = (["initContainers", ...SIDE_BY_SIDE] as const).flatMap((field) =>
    enabled(values[field]).map(([name, spec]) => ({
      ...shared,
      name,
      path: path([field, name]),
      spec,
      longRunning: shared.longRunning && field !== "initContainers",
      probes: probesIn(spec),
    })),
  );
  const added = addonsOf(values, path).map((addon) => ({ ...shared, ...addon, longRunning: false }));
  return [...others, ...added, main];
}

/** The repositories of the add-ons, whose default tags are versions. Source: `addons` in the values of 0.2 to 1.5. */
const ADDONS: Readonly<Record<string, string>> = {
  codeserver: "ghcr.io/coder/code-server",
  netshoot: "ghcr.io/nicolaka/netshoot",
  promtail: "docker.io/grafana/promtail",
  vpn: "docker.io/qmcgaw/gluetun",
};

/** The containers of add-ons that are turned on, most of which cannot have probes (templates/addons in 0.2 to 1.5). */
function addonsOf(
  { addons }: Fields,
  path: Values["path"],
): readonly Pick<AppContainer, "name" | "path" | "spec" | "probes">[] {
  return Object.entries(ADDONS).flatMap(([name, repository]) => {
    const spec = fields(fields(addons)[name]);
    if (spec.enabled !== true) return [];
    const own = fields(name === "vpn" ? at(spec, ["gluetun", "image"]) : spec.image);
    const image = own.tag === undefined ? undefined : imageOf({ repository, ...own });
    return [{ name, path: path(["addons", name]), spec: { ...spec, image }, probes: probesIn(spec) }];
  });
}

/** The ports of the main container in 0.x and 1.x, which are those of every Service (lib/container/_ports.tpl). */
function servicePorts(values: Fields): readonly Fields[] {
  return enabled(values.service)
    .flatMap(([, { ports }]) => enabled(ports))
    .map(([name, { port, targetPort }]) => ({ name, containerPort: targetPort ?? port }));
}

/** A Pod's probes, converted to the form of app-template's `probes`. */
function probesIn(spec: Fields): Fields {
  return Object.fromEntries(
    PROBES.flatMap((probe) => {
      const own = spec[`${probe}Probe`];
      return own === undefined ? [] : [[probe, { enabled: true, custom: true, spec: own }]];
    }),
  );
}

interface Place {
  readonly controller: string;
  readonly settings: Fields;
  readonly field: "initContainers" | "containers";
  readonly name: string;
  readonly own: Fields;
}

function appContainer(values: Values, place: Place): AppContainer {
  const { controller, settings, field, name, own } = place;
  const spec = withDefaults(own, settings, field);
  const shortLived = SHORT_LIVED.includes(text(settings.type) ?? "deployment");
  return {
    name,
    controller,
    path: values.path(["controllers", controller, field, name]),
    spec: { ...spec, image: imageOf(spec.image) },
    pod: podOptions(values.values, settings),
    longRunning: !shortLived && (field === "containers" || spec.restartPolicy === "Always"),
    probes: fields(spec.probes),
  };
}

/**
 * A controller's pod options, which override the defaults; with the strategy `merge`, maps are merged (lib/pod/_getOption.tpl).
 */
export function podOptions(values: Fields, controller: Fields): Fields {
  const defaults = fields(values.defaultPodOptions);
  const own = Object.entries(fields(controller.pod)).filter(
    ([, value]) => typeof value === "boolean" || isMap(value) || !isEmpty(value),
  );
  const given = Object.fromEntries(own);
  return values.defaultPodOptionsStrategy === "merge" ? filled(given, defaults) : { ...defaults, ...given };
}

/** With the strategy `overwrite`, defaults replace a container's empty options; with `merge`, they also add missing fields to maps. */
function withDefaults(own: Fields, controller: Fields, field: Place["field"]): Fields {
  if (field === "initContainers" && controller.applyDefaultContainerOptionsToInitContainers === false)
    return own;
  const defaults = fields(controller.defaultContainerOptions);
  if (controller.defaultContainerOptionsStrategy === "merge") return filled(own, defaults);
  const kept = Object.entries(own).filter(([, value]) => !isEmpty(value));
  return { ...own, ...defaults, ...Object.fromEntries(kept) };
}

function filled(own: Fields, defaults: Fields): Fields {
  const result: Record<string, unknown> = { ...defaults, ...own };
  for (const [key, value] of Object.entries(defaults))
    if (typeof value === "object" && typeof own[key] === "object" && !Array.isArray(value))
      result[key] = filled(fields(own[key]), fields(value));
  return result;
}

/** Like Helm's `empty`. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function imageOf(image: unknown): string | undefined {
  if (typeof image === "string") return image;
  const { repository, tag, digest } = fields(image);
  if (typeof repository !== "string") return undefined;
  const tagged = typeof tag === "string" || typeof tag === "number" ? `${repository}:${tag}` : repository;
  return typeof digest === "string" ? `${tagged}@${digest}` : tagged;
}

/** The entries of a map that are themselves maps and are not disabled. */
export function enabled(map: unknown): readonly (readonly [string, Fields])[] {
  return Object.entries(fields(map)).flatMap(([key, value]) => {
    const entry = fields(value);
    return isMap(value) && entry.enabled !== false ? [[key, entry] as const] : [];
  });
}

/** Whether a string contains a template expression or a variable, in which case its value is not known. */
export function hasPlaceholder(value: string): boolean {
  return value.includes("{{") || value.includes("${");
}
