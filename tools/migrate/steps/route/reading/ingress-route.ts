import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping } from "../../../../gitops/yaml/values.ts";
import { fieldAt } from "../../../objects.ts";
import { foreign, ingressRouteAnnotations, ownMiddleware } from "./annotations.ts";
import { PATH_MATCHERS, prefixOf, refusalsOf, secretsOf } from "./paths.ts";
import type { Loss } from "../../../losses.ts";
import { matchOf, pathOf, type Backend, type Reading, type Served } from "./served.ts";
import { portOf, type Services } from "../backends/services.ts";
import { traefik } from "../controllers/traefik.ts";
import { parseRule, type Matcher } from "./traefik-rule.ts";
import { whyNotAllKnown } from "./unknown-fields.ts";

/** Fields in `tls` that only select the certificate, which is set on the Gateway's listener. */
const LISTENER_TLS = ["secretName", "certResolver", "domains", "store"];

/** Reads an IngressRoute; `namespace` is its namespace in the cluster. */
export function readIngressRoute(object: Mapping, namespace: string, services: Services): Reading {
  const annotations = ingressRouteAnnotations(fieldAt(object, ["metadata", "annotations"]));
  const spec = isMapping(object.spec) ? object.spec : {};
  const refusals: string[] = [...whyNotAllKnown(object, "IngressRoute")];
  const served: Served[] = [];
  const losses: Loss[] = [...annotations.losses];
  for (const [index, route] of mappingsIn(spec.routes).entries()) {
    if (route.syntax === "v2") refusals.push("its rules use Traefik's v2 syntax");
    for (const key of ["priority", "observability"])
      if (route[key] !== undefined)
        losses.push({ kind: "setting", message: `${key} of the rule ${scalarText(route.match)}` });
    const backends = backendsOf(route, namespace, services, refusals);
    const middlewares = middlewaresOf(route, namespace, refusals);
    const rule = scalarText(route.match);
    const rank = typeof route.priority === "number" && route.priority > 0 ? route.priority : rule.length;
    for (const { host, match } of requestsOf(rule, refusals))
      served.push({ host, match, backends, middlewares, rank, source: ["spec", "routes", index] });
  }
  refusals.push(...unreadProtections(annotations, served, namespace));
  const tls = isMapping(spec.tls) ? spec.tls : {};
  refusals.push(
    ...Object.keys(tls)
      .filter((key) => !LISTENER_TLS.includes(key))
      .map((key) => `tls.${key} may require client certificates or TLS versions: set it on the listener`),
  );
  return {
    kind: "IngressRoute",
    ingressClass: scalarText(spec.ingressClassName) || annotations.ingressClass,
    entryPoints: Array.isArray(spec.entryPoints) ? spec.entryPoints.map(scalarText) : [],
    served,
    refusals: [...refusals, ...(refusals.length === 0 ? refusalsOf(served) : [])],
    losses,
    prefixes: served.map(pathOf).flatMap(([type, path]) => prefixOf(path, "PathPrefix", type)),
    usesTls: isMapping(spec.tls),
    tlsHosts: [],
    isTlsOnly: isMapping(spec.tls),
    tlsSecrets: secretsOf([tls]),
    annotations,
  };
}

/** Annotations that would protect an Ingress. Traefik does not read them from an IngressRoute, and its owner may not know that. */
function unreadProtections(
  { middlewares, raw }: Reading["annotations"],
  served: readonly Served[],
  namespace: string,
): readonly string[] {
  const unread = (name: string, value: string, instead: string): string =>
    `annotation ${traefik.prefix}router.${name}: ${value}: Traefik reads it from Ingresses only, so it protects nothing today: ${instead}, or remove it first`;
  const missing = middlewares.filter((reference) => {
    const own = ownMiddleware(reference, namespace);
    return own === undefined || !served.every((one) => one.middlewares.includes(own));
  });
  const options = raw.get(`${traefik.prefix}router.tls.options`);
  return [
    ...(missing.length > 0
      ? [unread("middlewares", missing.join(", "), "name the Middlewares in spec.routes")]
      : []),
    ...(options === undefined ? [] : [unread("tls.options", options, "set the options in spec.tls")]),
  ];
}

function unknownServiceKeys(service: Mapping): string[] {
  return Object.keys(withoutDefaults(service))
    .filter((key) => !["kind", "name", "namespace", "port", "weight"].includes(key))
    .map((key) => `services.${key} has no equivalent in a route`);
}

function backendsOf(
  route: Mapping,
  namespace: string,
  services: Services,
  refusals: string[],
): readonly Backend[] {
  const list = mappingsIn(route.services);
  if (list.length === 0) refusals.push("one of its rules has no service");
  return list.flatMap((service): Backend[] => {
    const name = scalarText(service.name);
    if (service.kind === "TraefikService") {
      if (name.endsWith("@internal") && list.length === 1)
        return [{ kind: "TraefikService", name, weight: 1 }];
      refusals.push(
        `TraefikService ${name} cannot be a backend: write its weights and mirrors as backendRefs and filters`,
      );
      return [];
    }
    refusals.push(...unknownServiceKeys(service));
    const other = scalarText(service.namespace);
    if (other !== "" && other !== namespace) {
      refusals.push(`Service ${other}/${name} is in another namespace and would need a ReferenceGrant there`);
      return [];
    }
    const port = portOf(service.port, { namespace, name }, services);
    if (typeof port === "string") refusals.push(port);
    else
      return [
        { kind: "Service", name, ...port, weight: typeof service.weight === "number" ? service.weight : 1 },
      ];
    return [];
  });
}

/** A service without the fields that repeat a default. */
function withoutDefaults(service: Mapping): Mapping {
  return Object.fromEntries(
    Object.entries(service).filter(
      ([key, value]) =>
        !(key === "scheme" && value === "http") && !(key === "passHostHeader" && value === true),
    ),
  );
}

function middlewaresOf(route: Mapping, namespace: string, refusals: string[]): readonly string[] {
  return mappingsIn(route.middlewares).flatMap((middleware) => {
    const name = scalarText(middleware.name);
    const other = scalarText(middleware.namespace) || namespace;
    // Traefik ignores the namespace next to a name with a provider: makeMiddlewareKeys in pkg/provider/kubernetes/crd/kubernetes_http.go.
    const isQualified = name.includes("@");
    const own = isQualified ? ownMiddleware(name, namespace) : other === namespace ? name : undefined;
    if (own !== undefined) return [own];
    refusals.push(foreign(isQualified ? name : `${other}/${name}`, namespace));
    return [];
  });
}

/** Whether a route can express a rule. */
export function isExpressible(rule: string): boolean {
  const refusals: string[] = [];
  requestsOf(rule, refusals);
  return refusals.length === 0;
}

/** Each host and match in a rule. */
function requestsOf(rule: string, refusals: string[]): readonly { host: string; match: Mapping }[] {
  const alternatives = parseRule(rule);
  if (typeof alternatives === "string") {
    refusals.push(alternatives);
    return [];
  }
  return alternatives.flatMap((matchers) => {
    const request = requestOf(matchers);
    if (typeof request !== "string") return [request];
    refusals.push(`${request} (${rule})`);
    return [];
  });
}

const PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  Header: ["headers", "Exact"],
  HeaderRegexp: ["headers", "RegularExpression"],
  Query: ["queryParams", "Exact"],
  QueryRegexp: ["queryParams", "RegularExpression"],
};

/** The request that a set of matchers describes if all must hold; a reason if a route cannot express it. */
function requestOf(matchers: readonly Matcher[]): { host: string; match: Mapping } | string {
  let host: string | undefined;
  const match: Mapping = {};
  for (const { name, args } of matchers) {
    const [first = "", second] = args;
    const pathType = PATH_MATCHERS[name];
    const pair = PAIRS[name];
    if (name === "Host" && args.length === 1 && host === undefined) host = first;
    else if (pathType !== undefined && args.length === 1 && match.path === undefined)
      match.path = { type: pathType, value: first };
    else if (name === "Method" && args.length === 1 && match.method === undefined) match.method = first;
    else if (pair && second !== undefined && args.length === 2) {
      const [key, type] = pair;
      const pairs = mappingsIn(match[key]);
      if (pairs.some((other) => scalarText(other.name).toLowerCase() === first.toLowerCase()))
        return `a route accepts only one condition for ${first}`;
      match[key] = [...pairs, { type, name: first, value: second }];
    } else return `a route cannot express ${name}(${args.join(", ")})`;
  }
  return { host: host ?? "", match: matchOf(match) };
}
