import type { KubeObject } from "../../kube/objects.ts";
import { enabled, isAppTemplate } from "./app-template.ts";
import { releaseOf, valuesOf } from "./helm.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { fields, list, text, type Fields } from "../engine/read.ts";

/** A port on a Service. */
export interface ServicePort {
  readonly name: string | undefined;
  readonly port: number | undefined;
}

/** A Service in an app-template release. */
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
  const nameOf = objectNames(release, values, services.length);
  return services.map(([identifier, service]) => ({
    identifier,
    name: nameOf(identifier, service),
    ports: enabled(service.ports).map(([name, port]) => ({
      name,
      port: typeof port.port === "number" ? port.port : Number(port.port) || undefined,
    })),
  }));
}

/** A route that an app-template release renders. */
export interface AppRoute {
  readonly route: KubeObject;
  /** Maps a path in the route to the corresponding path in the release. */
  readonly path: (steps: Path) => Path;
}

/** The routes of any kind that the release renders, with the identifiers in their backends resolved to Service names. */
export function appRoutes(release: KubeObject, objects: ObjectIndex): readonly AppRoute[] {
  if (!isAppTemplate(release, objects)) return [];
  const { values, path } = valuesOf(release, objects);
  const routes = enabled(values.route);
  const services = appServices(release, objects);
  const nameOf = objectNames(release, values, routes.length);
  const shared = fields(fields(values.global).annotations);
  return routes.map(([identifier, route]) => ({
    route: {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: text(route.kind) ?? "HTTPRoute",
      metadata: {
        name: nameOf(identifier, route),
        namespace: releaseOf(release).namespace,
        annotations: { ...shared, ...fields(route.annotations) } as Readonly<Record<string, string>>,
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

/** Translates a path in the route to one in the chart's values, which have neither `metadata` nor `spec`. */
function valueSteps([first, ...rest]: Path): Path {
  return first === "metadata" || first === "spec" ? rest : first === undefined ? [] : [first, ...rest];
}

/** If the release has exactly one Service, that is the default backend (`autoDetectService`). */
function rulesOf(route: Fields, services: readonly AppService[]): readonly unknown[] {
  const only = services.length === 1 ? services[0] : undefined;
  const given = list(route.rules);
  const rules = given.length === 0 && only !== undefined ? [{ backendRefs: [{}] }] : given;
  return rules.map((rule) => ({
    ...fields(rule),
    backendRefs: list(fields(rule).backendRefs).map((item) => backend(fields(item), services, only)),
  }));
}

/** Resolves a Service identifier (`name` in 3.x) and a port name (`_route.tpl`). */
function backend(ref: Fields, services: readonly AppService[], only: AppService | undefined): Fields {
  const { identifier, ...rest } = ref;
  const wanted = ref.name ?? identifier;
  const service = wanted === undefined ? only : services.find((own) => own.identifier === wanted);
  if (services.some(({ name }) => name === ref.name)) return ref;
  if (service === undefined) return ref.name === undefined ? { ...rest, name: undefined, identifier } : ref;
  const [primary] = service.ports;
  const named = service.ports.find(({ name }) => name === ref.port);
  return { ...rest, port: named?.port ?? ref.port ?? primary?.port, name: service.name };
}

/**
 * Names the objects in a release (`determineResourceNameFromValues` in 4.x; 3.x has `nameOverride` instead of `suffix`).
 * @param count how many objects of this kind the release has
 */
function objectNames(
  release: KubeObject,
  values: Fields,
  count: number,
): (identifier: string, settings: Fields) => string {
  const global = fields(values.global);
  const fullname = text(global.fullnameOverride) ?? text(values.fullnameOverride) ?? releaseOf(release).name;
  const isIdentified = count > 1 || global.alwaysAppendIdentifierToResourceName === true;
  return (identifier, { nameOverride, forceRename, prefix, suffix }) => {
    const forced = text(forceRename);
    if (forced !== undefined) return rendered(forced, release).toLowerCase();
    const before = text(prefix);
    const base = before === undefined ? fullname : `${rendered(before, release)}-${fullname}`;
    const ending = text(suffix) ?? text(nameOverride);
    if (ending !== undefined) return withEnding(base, rendered(ending, release));
    return (isIdentified && identifier !== base ? withEnding(base, identifier) : base).toLowerCase();
  };
}

function withEnding(name: string, ending: string): string {
  return name.endsWith(`-${ending}`) ? name : `${name}-${ending}`;
}

/** Renders the two common template expressions in a string and leaves all others unchanged. */
export function rendered(template: string, release: KubeObject): string {
  const { name, namespace } = releaseOf(release);
  return template
    .replaceAll(/\{\{-?\s*\.Release\.Name\s*-?\}\}/g, name)
    .replaceAll(/\{\{-?\s*\.Release\.Namespace\s*-?\}\}/g, namespace);
}
