import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";

/** What the annotations of an Ingress become. */
export interface IngressAnnotations {
  /** For the route, as they are. */
  readonly kept: Mapping;
  readonly ingressClass: string | undefined;
  readonly entryPoints: readonly string[];
  /** `<namespace>-<name>@kubernetescrd` */
  readonly middlewares: readonly string[];
  /** Of paths that leave it to Traefik how they match. */
  readonly pathMatcher: string;
  /** What external-dns was to point the hosts to. */
  readonly dnsTarget: string | undefined;
  /** What cert-manager was to make of the Ingress: `cluster-issuer letsencrypt`. */
  readonly certificate: readonly string[];
  /** Names of those that have no place on a route, each with the reason. */
  readonly lost: readonly string[];
  /** Why some of them keep the Ingress from becoming a route. */
  readonly refusals: readonly string[];
  /** Names of those that are kept although who reads them may look at Ingresses alone. */
  readonly unknown: readonly string[];
}

const ROUTER = "traefik.ingress.kubernetes.io/router.";
const DNS = /^external-dns\.(?:alpha\.)?kubernetes\.io\//;

/** Read from any object, or from routes by the documentation of what reads them. */
const READ_FROM_ROUTES =
  /^(?:external-dns\.(?:alpha\.)?kubernetes\.io|gatus\.home-operations\.com|(?:kustomize|helm)\.toolkit\.fluxcd\.io|(?:meta\.)?helm\.sh)\//;

/** Of Ingress controllers: nobody reads them from a route. */
const OF_CONTROLLERS =
  /^(?:traefik\.ingress\.kubernetes\.io|nginx\.ingress\.kubernetes\.io|ingress\.kubernetes\.io|nginx\.org|haproxy\.org|haproxy-ingress\.github\.io|ingress\.cilium\.io|alb\.ingress\.kubernetes\.io)\//;

/** The app itself answers with the certificate: that takes a TLSRoute. */
const PASSTHROUGH = /\/(?:ssl-passthrough|router\.tls\.passthrough)$/;

/** Sorts the annotations of an Ingress, an IngressRoute or app-template's ingress values. */
export function ingressAnnotations(value: Value | undefined): IngressAnnotations {
  const annotations = isMapping(value) ? value : {};
  const lower = new Map(
    Object.entries(annotations).map(([key, entry]) => [key.toLowerCase(), scalarText(entry)]),
  );
  const list = (key: string): string[] =>
    (lower.get(ROUTER + key) ?? "").split(",").flatMap((entry) => entry.trim() || []);
  const result = {
    kept: {} as Mapping,
    ingressClass: lower.get("kubernetes.io/ingress.class"),
    entryPoints: list("entrypoints"),
    middlewares: list("middlewares"),
    pathMatcher: lower.get(`${ROUTER}pathmatcher`) ?? "PathPrefix",
    dnsTarget: [...lower].find(([key]) => DNS.test(key) && key.endsWith("/target"))?.[1],
    certificate: [] as string[],
    lost: [] as string[],
    refusals: [...lower]
      .filter(([key, entry]) => PASSTHROUGH.test(key) && entry === "true")
      .map(([key]) => `${key} hands TLS through to the app, and a Gateway's listener would end it`),
    unknown: [] as string[],
  };
  for (const [name, entry] of Object.entries(annotations)) {
    const treatment = treatmentOf(name.toLowerCase());
    if (treatment === "certificate")
      result.certificate.push(`${name.split("/")[1] ?? name} ${scalarText(entry)}`);
    else if (treatment === "lost") result.lost.push(`annotation ${name}: ${scalarText(entry)}`);
    else if (treatment !== "read") {
      result.kept[name] = entry;
      if (treatment === "unknown") result.unknown.push(name);
    }
  }
  return result;
}

/** `read`: said by the route in other fields, or of the Gateway. */
function treatmentOf(name: string): "read" | "certificate" | "lost" | "kept" | "unknown" {
  if (["entrypoints", "middlewares", "pathmatcher", "tls"].includes(name.replace(ROUTER, ""))) return "read";
  if (name === "kubernetes.io/ingress.class" || (DNS.test(name) && name.endsWith("/target"))) return "read";
  if (/^(?:acme\.)?cert-manager\.io\//.test(name) || name === "kubernetes.io/tls-acme") return "certificate";
  if (OF_CONTROLLERS.test(name) || name.endsWith("/ingress-hostname-source")) return "lost";
  return READ_FROM_ROUTES.test(name) ? "kept" : "unknown";
}

/**
 * Names of Middlewares of a namespace. A route's ExtensionRef names one of its own namespace alone.
 * @returns the names, and a reason for each that is of another namespace or provider
 */
export function ownMiddlewares(
  references: readonly string[],
  namespace: string,
): { readonly names: readonly string[]; readonly refusals: readonly string[] } {
  const prefix = `${namespace}-`;
  const isOwn = (reference: string): boolean =>
    reference.startsWith(prefix) && reference.endsWith("@kubernetescrd") && !/[{$]/.test(reference);
  return {
    names: references
      .filter(isOwn)
      .map((reference) => reference.slice(prefix.length, -"@kubernetescrd".length)),
    refusals: references
      .filter((reference) => !isOwn(reference))
      .map((reference) => foreign(reference, namespace)),
  };
}

/** Why a Middleware cannot be a filter. */
export function foreign(middleware: string, namespace: string): string {
  return `Middleware ${middleware} is not known to be in namespace ${namespace}: a route's ExtensionRef names one of its own namespace, so copy it there first`;
}
