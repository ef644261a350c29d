import { coerce, gte, lt, valid } from "semver";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { fieldAt } from "../../../objects.ts";
import type { Chart } from "./chart.ts";
import { ingressAnnotations, isTlsOnly, ownMiddlewares } from "../reading/annotations.ts";
import { extensionRefs, writtenMatches } from "../routes/filters.ts";
import { ruleLength } from "../reading/ingress.ts";
import { servedByRules } from "../routes/http-route.ts";
import { refusalsOf, routePath, secretsOf, tlsHostsOf } from "../reading/paths.ts";
import type { WrittenPath } from "../controllers/nginx-rewrites.ts";
import { whyNotInValues } from "../routes/new-objects.ts";
import { meantBy, portsInValues } from "../backends/service-ports.ts";
import { EXTERNAL_NAME, serviceSettings } from "../backends/services.ts";
import type { Loss } from "../../../losses.ts";
import { whyNotAllKnown } from "../reading/unknown-fields.ts";
import {
  matchOf,
  type Backend,
  type HostGroup,
  type Prefix,
  type Reading,
  type Served,
} from "../reading/served.ts";

/**
 * How a version of app-template writes routes, according to the common library's `_route.tpl` and `route.json`: up to 3.7.2 the Service's
 * primary port is rendered whatever `port` says; in 3.x `name` is the identifier; from 4.0 on, backendRefs accept `identifier`, and
 * parentRefs accept `port`.
 */
export interface RouteDialect {
  readonly identifierKey: "name" | "identifier";
  readonly takesParentPort: boolean;
}

/** The dialect of a version, or why its routes cannot be written. */
export function dialectOf({ version }: Chart): RouteDialect | string {
  const number = coerce(version);
  if (!number) return `its version of app-template is not known (${version || "none is set"})`;
  if (valid(version) === null && lt(number, "3.7.3"))
    return `its version of app-template is a range (${version}), and routes to another port than the Service's primary one need 3.7.3: write an exact version`;
  if (lt(number, "3.7.3"))
    return `app-template ${version} always routes to the Service's primary port; upgrade to 3.7.3 or later first`;
  if (gte(number, "6.0.0")) return `the route format of app-template ${version} is not supported`;
  const four = gte(number, "4.0.0");
  return { identifierKey: four ? "identifier" : "name", takesParentPort: four };
}

/** Reads one entry in the `ingress` values. */
export function readIngress(entry: Mapping, services: Value | undefined, namespace: string): Reading {
  const paths = mappingsIn(entry.hosts).flatMap((host) =>
    mappingsIn(host.paths).map((path) => writtenPath(path, host)),
  );
  const annotations = ingressAnnotations(entry.annotations, paths);
  const middlewares = ownMiddlewares(annotations.middlewares, namespace);
  const refusals = [
    ...whyNotAllKnown(entry, "app-template's ingress"),
    ...annotations.refusals,
    ...middlewares.refusals,
  ];
  const filters = annotations.translations.flatMap(({ filter }) => (filter ? [JSON.stringify(filter)] : []));
  refusals.push(...whyNotInValues(annotations.translations));
  if (entry.defaultBackend !== undefined) refusals.push("its defaultBackend serves every host of the class");
  const served: Served[] = [];
  const losses: Loss[] = [...annotations.losses];
  const prefixes: Prefix[] = [];
  for (const [index, host] of mappingsIn(entry.hosts).entries()) {
    for (const [at, path] of mappingsIn(host.paths).entries()) {
      const { value, type, filters: rewrites, ...own } = routePath(writtenPath(path, host), annotations);
      prefixes.push(...own.prefixes);
      losses.push(...own.losses);
      if (type === undefined)
        refusals.push(`path ${value} has the unknown type ${scalarText(path.pathType)}`);
      if (value.includes("{{"))
        refusals.push(`path ${value} contains a template, which route values do not support`);
      const backend = backendOf(isMapping(path.service) ? path.service : {}, services, losses);
      if (typeof backend === "string") refusals.push(backend);
      else
        served.push({
          host: scalarText(host.host),
          match: matchOf({ path: { type: type ?? "", value } }),
          backends: [backend],
          middlewares: [...middlewares.names, ...filters, ...rewrites],
          path: writtenPath(path, host).path,
          source: ["hosts", index, "paths", at],
          rank: annotations.priority ?? ruleLength(scalarText(host.host), type, value),
        });
    }
  }
  return {
    kind: "Ingress",
    ingressClass: scalarText(entry.className) || annotations.ingressClass,
    entryPoints: annotations.entryPoints,
    served,
    refusals: refusals.length === 0 ? refusalsOf(served) : refusals,
    losses,
    prefixes,
    usesTls: mappingsIn(entry.tls).length > 0,
    tlsHosts: tlsHostsOf(entry.tls),
    isTlsOnly: isTlsOnly(annotations),
    tlsSecrets: secretsOf(entry.tls),
    annotations,
  };
}

const writtenPath = ({ path, pathType }: Mapping, { host }: Mapping): WrittenPath => ({
  host: scalarText(host),
  path: scalarText(path) || "/",
  pathType: scalarText(pathType) || "Prefix",
});

function backendOf(service: Mapping, services: Value | undefined, losses: Loss[]): Backend | string {
  const identifier = scalarText(service.identifier);
  const name = scalarText(service.name);
  const own = fieldAt(services, [identifier]);
  if (name === "" && !isMapping(own))
    return `its values define no service ${identifier || "(no name given)"}`;
  if (name === "" && fieldAt(own, ["type"]) === "ExternalName")
    return `service ${identifier} is ${EXTERNAL_NAME}`;
  const settings = serviceSettings(fieldAt(own, ["annotations"]), identifier);
  losses.push(...settings.losses);
  if (settings.refusal !== undefined) return settings.refusal;
  const port =
    typeof service.port === "string"
      ? fieldAt(own, ["ports", service.port, "port"])
      : (service.port ?? undefined);
  if (port === undefined && (name !== "" || service.port !== undefined))
    return `its values do not define port ${scalarText(service.port) || "(no name given)"} of service ${name || identifier}`;
  if (port !== undefined && typeof port !== "number")
    return /^\d+$/.test(scalarText(port))
      ? `port "${scalarText(port)}" is a string: write it without quotes`
      : `port ${scalarText(port)} is not a number`;
  const meant = port === undefined ? undefined : name === "" ? meantBy(port, portsInValues(own)) : { port };
  return { kind: "Service", ...(name === "" ? { identifier } : { name }), ...meant, weight: 1 };
}

/** Reads one entry in the `route` values. */
export function readRoute(
  entry: Mapping,
  services: Value | undefined,
  dialect: RouteDialect,
): readonly Served[] {
  const hosts = Array.isArray(entry.hostnames) ? entry.hostnames.map(scalarText) : [];
  return servedByRules(entry.rules, hosts, (reference) => routeBackend(reference, services, dialect));
}

function routeBackend(
  reference: Mapping,
  services: Value | undefined,
  { identifierKey }: RouteDialect,
): Backend {
  const name = scalarText(reference.name);
  const isOwn = identifierKey === "name" && isMapping(fieldAt(services, [name]));
  const identifier = isOwn ? name : scalarText(reference.identifier);
  return {
    kind: "Service",
    // If both are set, the chart uses the name.
    ...(isOwn || name === "" ? { identifier } : { name }),
    ...(typeof reference.port === "number" ? { port: reference.port } : {}),
    weight: typeof reference.weight === "number" ? reference.weight : 1,
  };
}

/** Writes one entry in the `route` values. */
export function routeValues(
  { hosts, rules }: HostGroup,
  parentRefs: readonly Mapping[],
  { identifierKey }: RouteDialect,
): Mapping {
  return {
    parentRefs: [...parentRefs],
    hostnames: [...hosts],
    rules: rules.map(({ matches, backends, middlewares }) => ({
      ...writtenMatches(matches),
      ...(middlewares.length === 0 ? {} : { filters: extensionRefs(middlewares) }),
      backendRefs: backends.map(({ identifier, name, port }) => ({
        ...(identifier === undefined ? { name: name ?? "" } : { [identifierKey]: identifier }),
        ...(port === undefined ? {} : { port }),
      })),
    })),
  };
}
