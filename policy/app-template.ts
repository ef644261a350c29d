import type { KubeObject } from "../cluster/objects.ts";
import { chartOf, releaseOf, valuesOf, type Values } from "./helm.ts";
import type { ObjectIndex } from "./object-index.ts";
import type { Path } from "./path.ts";
import { at, fields, list, text, type Fields } from "./read.ts";
import type { Container } from "./workloads.ts";

/**
 * How the chart app-template reads its values (github.com/bjw-s-labs/helm-charts, charts/library/common/templates: lib/container,
 * lib/routes, classes/_route.tpl).
 */
export function isAppTemplate(release: KubeObject, objects: ObjectIndex): boolean {
  const { name } = chartOf(release, objects);
  const reference = text(at(release, ["spec", "chartRef", "name"]));
  return name === undefined ? reference === "app-template" : name === "app-template";
}

/** A container of an app-template release: its values, in the shape of a Pod's container where the two differ. */
export interface AppContainer extends Container {
  readonly controller: string;
  /** `probes`, with what `defaultContainerOptions` gives. */
  readonly probes: Fields;
}

/** Controllers that run to completion. */
const SHORT_LIVED = ["cronjob", "job"];

/** Every container of the release; empty for another chart. Those of disabled controllers do not count. */
export function appContainers(release: KubeObject, objects: ObjectIndex): readonly AppContainer[] {
  if (!isAppTemplate(release, objects)) return [];
  const values = valuesOf(release, objects);
  return enabled(values.values.controllers).flatMap(([controller, settings]) =>
    (["initContainers", "containers"] as const).flatMap((field) =>
      enabled(settings[field]).map(([name, own]) =>
        appContainer(values, { controller, settings, field, name, own }),
      ),
    ),
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
    pod: {
      ...fields(values.values.defaultPodOptions),
      ...fields(settings.pod),
    },
    longRunning: !shortLived && (field === "containers" || spec.restartPolicy === "Always"),
    probes: fields(spec.probes),
  };
}

/** `overwrite` fills in what the container leaves empty; `merge` also fills in what is missing further down. */
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

/** Empty in the sense of Helm's `empty`. */
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

/** The entries of a map that are maps themselves and not turned off. */
export function enabled(map: unknown): readonly (readonly [string, Fields])[] {
  return Object.entries(fields(map)).flatMap(([key, value]) => {
    const entry = fields(value);
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    return isMap && entry.enabled !== false ? [[key, entry] as const] : [];
  });
}

/** A port of a Service. */
export interface ServicePort {
  readonly name: string | undefined;
  readonly port: number | undefined;
}

/** A Service of an app-template release. */
export interface AppService {
  readonly identifier: string;
  readonly name: string;
  readonly ports: readonly ServicePort[];
}

/** The Services that the release renders. */
export function appServices(release: KubeObject, objects: ObjectIndex): readonly AppService[] {
  if (!isAppTemplate(release, objects)) return [];
  const { values } = valuesOf(release, objects);
  const services = enabled(values.service);
  return services.map(([identifier, service]) => ({
    identifier,
    name: objectName(release, values, identifier, service, services.length),
    ports: enabled(service.ports).map(([name, port]) => ({
      name,
      port: typeof port.port === "number" ? port.port : Number(port.port) || undefined,
    })),
  }));
}

/** A route of an app-template release, as the HTTPRoute that the chart renders. */
export interface AppRoute {
  readonly route: KubeObject;
  /** Where a path of that HTTPRoute is written in the release. */
  readonly path: (steps: Path) => Path;
}

/** The HTTPRoutes that the release renders. Their backends by identifier are given by the name of the Service. */
export function appRoutes(release: KubeObject, objects: ObjectIndex): readonly AppRoute[] {
  if (!isAppTemplate(release, objects)) return [];
  const { values, path } = valuesOf(release, objects);
  const routes = enabled(values.route);
  const services = appServices(release, objects);
  return routes
    .filter(([, route]) => (text(route.kind) ?? "HTTPRoute") === "HTTPRoute")
    .map(([identifier, route]) => ({
      route: {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: {
          name: objectName(release, values, identifier, route, routes.length),
          namespace: releaseOf(release).namespace,
          annotations: route.annotations as Readonly<Record<string, string>>,
        },
        spec: {
          parentRefs: list(route.parentRefs),
          hostnames: list(route.hostnames).map((host) =>
            typeof host === "string" ? rendered(host, release) : host,
          ),
          rules: rulesOf(route, services),
        },
      },
      path: (steps) => path(["route", identifier, ...valueSteps(steps)]),
    }));
}

/** An HTTPRoute's fields in the words of the chart's values, which have no `metadata` and no `spec`. */
function valueSteps([first, ...rest]: Path): Path {
  return first === "metadata" || first === "spec" ? rest : first === undefined ? [] : [first, ...rest];
}

/** With one Service, a rule without a backend, or a backend that names none, gets that Service (`autoDetectService`). */
function rulesOf(route: Fields, services: readonly AppService[]): readonly unknown[] {
  const only = services.length === 1 ? services[0] : undefined;
  const given = list(route.rules);
  const rules = given.length === 0 && only !== undefined ? [{ backendRefs: [{}] }] : given;
  return rules.map((rule) => ({
    ...fields(rule),
    backendRefs: list(fields(rule).backendRefs).map((item) => backend(fields(item), services, only)),
  }));
}

function backend(ref: Fields, services: readonly AppService[], only: AppService | undefined): Fields {
  if (ref.name !== undefined) return ref;
  const service =
    ref.identifier === undefined ? only : services.find(({ identifier }) => identifier === ref.identifier);
  const { identifier, ...rest } = ref;
  if (service === undefined) return { ...rest, name: undefined, identifier };
  return { port: service.ports[0]?.port, ...rest, name: service.name };
}

/** `determineResourceNameFromValues` of 4.x; `nameOverride` is what 3.x calls a suffix. */
function objectName(
  release: KubeObject,
  values: Fields,
  identifier: string,
  { nameOverride, forceRename, prefix, suffix }: Fields,
  count: number,
): string {
  const global = fields(values.global);
  const forced = text(forceRename);
  if (forced !== undefined) return rendered(forced, release).toLowerCase();
  const fullname = text(global.fullnameOverride) ?? text(values.fullnameOverride) ?? releaseOf(release).name;
  const before = text(prefix);
  const base = before === undefined ? fullname : `${rendered(before, release)}-${fullname}`;
  const ending = text(suffix) ?? text(nameOverride);
  if (ending !== undefined) return withEnding(base, rendered(ending, release));
  const identified = count > 1 || global.alwaysAppendIdentifierToResourceName === true;
  return (identified && identifier !== base ? withEnding(base, identifier) : base).toLowerCase();
}

function withEnding(name: string, ending: string): string {
  return name.endsWith(`-${ending}`) ? name : `${name}-${ending}`;
}

/** A text with the two template expressions that everybody uses; others stay as they are. */
function rendered(template: string, release: KubeObject): string {
  const { name, namespace } = releaseOf(release);
  return template
    .replaceAll(/\{\{-?\s*\.Release\.Name\s*-?\}\}/g, name)
    .replaceAll(/\{\{-?\s*\.Release\.Namespace\s*-?\}\}/g, namespace);
}

/** Whether a text still has something that only a cluster knows: a template expression or a variable. */
export function isOpen(value: string): boolean {
  return value.includes("{{") || value.includes("${");
}
