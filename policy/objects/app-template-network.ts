import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import { enabled, isAppTemplate } from "./app-template.ts";
import { appValues, dialectOf, namerOf, rendered, type Dialect } from "./app-template-dialect.ts";
import { localReleases, releaseOf } from "./helm.ts";
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
  const services = enabled(appValues(release, objects).values.service);
  const nameOf = namerOf(release, objects, services);
  if (nameOf === undefined) return [];
  return services.map(([identifier, service]) => ({
    identifier,
    name: nameOf(identifier, service),
    ports: portsOf(service),
  }));
}

/** A Service, and the app-template release that renders it. */
export interface RenderedService {
  readonly release: KubeObject;
  readonly service: AppService;
}

/** The app-template release that renders a Service; the first one if several do. */
export function renderedService(
  namespace: string,
  name: string,
  objects: ObjectIndex,
): RenderedService | undefined {
  return renderedServices(objects).get(`${namespace}/${name}`);
}

const renderedServices = oncePer((objects: ObjectIndex): ReadonlyMap<string, RenderedService> => {
  const all = localReleases(objects).flatMap((release) =>
    appServices(release, objects).map((service) => ({ release, service })),
  );
  const key = ({ release, service }: RenderedService): string =>
    `${releaseOf(release).namespace}/${service.name}`;
  return new Map(all.toReversed().map((rendering) => [key(rendering), rendering]));
});

/** The Service's ports, with the primary port first: the one with `primary: true`, or else the first by name (lib/service/_primary_port.tpl). */
function portsOf(service: Fields): readonly ServicePort[] {
  const ports = enabled(service.ports).map(([name, { port, primary }]) => ({
    name,
    port: typeof port === "number" ? port : Number(port) || undefined,
    primary: primary === true,
  }));
  return ports
    .toSorted((a, b) => Number(b.primary) - Number(a.primary) || (a.name < b.name ? -1 : 1))
    .map(({ name, port }) => ({ name, port }));
}

/** A route that an app-template release renders. */
export interface AppRoute {
  readonly route: KubeObject;
  /** Converts a path in the route to the corresponding path in the release. */
  readonly path: (steps: Path) => Path;
  /** False if the route's name is only a guess, because it depends on a version of the chart that is not known. */
  readonly isNamed: boolean;
}

/** The routes of any kind that the release renders, with the identifiers in their backends resolved to Service names. */
export function appRoutes(release: KubeObject, objects: ObjectIndex): readonly AppRoute[] {
  if (!isAppTemplate(release, objects)) return [];
  const { values, path } = appValues(release, objects);
  const routes = enabled(values.route);
  const services = appServices(release, objects);
  const nameOf = namerOf(release, objects, routes);
  const dialect = dialectOf(release, objects);
  const shared = fields(fields(values.global).annotations);
  return routes.map(([identifier, route]) => ({
    route: {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: text(route.kind) ?? "HTTPRoute",
      metadata: {
        name: nameOf?.(identifier, route) ?? releaseOf(release).name,
        namespace: releaseOf(release).namespace,
        annotations: { ...shared, ...fields(route.annotations) } as Readonly<Record<string, string>>,
      },
      spec: {
        parentRefs: list(route.parentRefs),
        hostnames: list(route.hostnames).map((host) =>
          typeof host === "string" ? rendered(host, release) : host,
        ),
        rules: nameOf === undefined ? [] : rulesOf(route, services, dialect),
      },
    },
    path: (steps) => path(["route", identifier, ...valueSteps(steps)]),
    isNamed: nameOf !== undefined || routes.length === 1,
  }));
}

/** Converts a path in the route to one in the chart's values, which have neither `metadata` nor `spec`. */
function valueSteps([first, ...rest]: Path): Path {
  return first === "metadata" || first === "spec" ? rest : first === undefined ? [] : [first, ...rest];
}

/**
 * From 4.0 on, a name is literal, an identifier is looked up, and the only Service of a release is the default backend (`autoDetectService`). 2.x and 3.x look up
 * a name, and know neither identifiers nor defaults (classes/_route.tpl).
 */
function rulesOf(route: Fields, services: readonly AppService[], dialect: Dialect): readonly unknown[] {
  const isOld = dialect === "2" || dialect === "3";
  const only = services.length === 1 && !isOld ? services[0] : undefined;
  const given = list(route.rules);
  const rules = given.length === 0 && only !== undefined ? [{ backendRefs: [{}] }] : given;
  const find = (wanted: unknown): AppService | undefined => services.find((own) => own.identifier === wanted);
  return rules.map((rule) => ({
    ...fields(rule),
    backendRefs: list(fields(rule).backendRefs).map((item) => {
      const { name, identifier, ...rest } = fields(item);
      if (name !== undefined && (dialect === "4" || find(name) === undefined))
        return { ...fields(item), ...writtenPort(rest) };
      const wanted = isOld ? name : (name ?? identifier);
      const service = wanted === undefined ? only : find(wanted);
      if (service !== undefined) return backend(rest, service);
      return isOld ? { ...rest, unread: identifier } : { ...rest, identifier };
    }),
  }));
}

/** The backend for a Service in the release, with its port resolved (`_route.tpl`). */
function backend(rest: Fields, { name, ports }: AppService): Fields {
  const named = ports.find((port) => port.name === rest.port);
  return { ...rest, port: named?.port ?? writtenPort(rest).port ?? ports[0]?.port, name };
}

/** The port as the chart writes it, without quotes; empty if there is none. */
function writtenPort({ port }: Fields): Fields {
  if (port === undefined) return {};
  return { port: typeof port === "string" && /^\d+$/.test(port) ? Number(port) : port };
}
