import type { KubeObject } from "../../kube/objects.ts";
import { enabled, isAppTemplate } from "./app-template.ts";
import { releaseOf, valuesOf } from "./helm.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { fields, list, text, type Fields } from "../engine/read.ts";

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

/** A route of an app-template release, as the chart renders it. */
export interface AppRoute {
  readonly route: KubeObject;
  /** Where a path of that route is written in the release. */
  readonly path: (steps: Path) => Path;
}

/** The routes of any kind that the release renders. Their backends by identifier are given by the name of the Service. */
export function appRoutes(release: KubeObject, objects: ObjectIndex): readonly AppRoute[] {
  if (!isAppTemplate(release, objects)) return [];
  const { values, path } = valuesOf(release, objects);
  const routes = enabled(values.route);
  const services = appServices(release, objects);
  const shared = fields(fields(values.global).annotations);
  return routes.map(([identifier, route]) => ({
    route: {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: text(route.kind) ?? "HTTPRoute",
      metadata: {
        name: objectName(release, values, identifier, route, routes.length),
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

/** A route's fields in the words of the chart's values, which have no `metadata` and no `spec`. */
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

/** By identifier, which in 3.x is written as `name`; a port by its name is a number in the route (`_route.tpl`). */
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
export function rendered(template: string, release: KubeObject): string {
  const { name, namespace } = releaseOf(release);
  return template
    .replaceAll(/\{\{-?\s*\.Release\.Name\s*-?\}\}/g, name)
    .replaceAll(/\{\{-?\s*\.Release\.Namespace\s*-?\}\}/g, namespace);
}
