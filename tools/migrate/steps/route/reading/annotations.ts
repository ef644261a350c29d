import { commaList } from "../../../../../lib/comma-list.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import type { Loss } from "../../../losses.ts";
import { TRANSLATED, type Fate } from "../controllers/controller.ts";
import { nginx } from "../controllers/nginx.ts";
import { rewriteTarget, type WrittenPath } from "../controllers/nginx-rewrites.ts";
import type { Translation } from "../controllers/nginx-translation.ts";
import { translationsOf } from "../controllers/nginx-translations.ts";
import { controllerFate } from "../controllers/registry.ts";
import { traefik } from "../controllers/traefik.ts";
import { targetsOf } from "../dns/record-targets.ts";

/** What the annotations of an Ingress become. */
export interface IngressAnnotations {
  /** All of them. */
  readonly written: Mapping;
  /** Copied to the route. */
  readonly kept: Mapping;
  readonly ingressClass: string | undefined;
  readonly entryPoints: readonly string[];
  /** `<namespace>-<name>@kubernetescrd` */
  readonly middlewares: readonly string[];
  /** The precedence in Traefik that the annotations set for the rules, if any. */
  readonly priority: number | undefined;
  /** How paths of the type ImplementationSpecific match. */
  readonly pathMatcher: string;
  /** The target of the DNS records of its hosts. */
  readonly dnsTarget: string | undefined;
  /** The certificate that cert-manager issues for the Ingress: `cluster-issuer letsencrypt`. */
  readonly certificate: readonly string[];
  /** Annotations without an equivalent in a route. */
  readonly losses: readonly Loss[];
  /** Why some annotations prevent the move. */
  readonly refusals: readonly string[];
  /** Annotations that have no effect on a route, and why. */
  readonly withoutEffect: readonly string[];
  /** All annotations, by name in lower case. */
  readonly raw: ReadonlyMap<string, string>;
  /** What other settings of ingress-nginx become. */
  readonly translations: readonly Translation[];
  /** The value of ingress-nginx's `rewrite-target`, if a route can rewrite every path like that. */
  readonly rewriteTarget: string | undefined;
  /** Names of annotations that are kept although the program that reads them may read only Ingresses. */
  readonly unknown: readonly string[];
}

const ROUTER = `${traefik.prefix}router.`;
const DNS = /^external-dns\.(?:alpha\.)?kubernetes\.io\/(.*)$/;

/** Annotations that are read from any object, or that are documented to be read from routes. */
const READ_FROM_ROUTES =
  /^(?:external-dns\.(?:alpha\.)?kubernetes\.io|gatus\.home-operations\.com|(?:kustomize|helm)\.toolkit\.fluxcd\.io|(?:meta\.)?helm\.sh)\//;

/** Whether Traefik answers only HTTPS requests to an Ingress with these annotations. */
export const isTlsOnly = ({ raw }: IngressAnnotations): boolean =>
  raw.get(`${ROUTER}tls`) === "true" || [...raw.keys()].some((name) => name.startsWith(`${ROUTER}tls.`));

/** Sorts the annotations of an IngressRoute by what becomes of them. */
export function ingressRouteAnnotations(value: Value | undefined): IngressAnnotations {
  const names = isMapping(value) ? Object.keys(value).map((name) => name.toLowerCase()) : [];
  // Source: pkg/provider/kubernetes/crd of github.com/traefik/traefik, which reads the class from the annotations and nothing else.
  const ignored = names.filter((name) => name.startsWith(ROUTER));
  return ingressAnnotations(
    value,
    [],
    new Map(
      ignored.map((name) => [name, "Traefik reads it from Ingresses only, so it changes nothing today"]),
    ),
  );
}

/**
 * Sorts the annotations of an Ingress or of app-template's ingress values by what becomes of them.
 * @param unread why those with these names, in lower case, have no effect today
 */
export function ingressAnnotations(
  value: Value | undefined,
  paths: readonly WrittenPath[] = [],
  unread: ReadonlyMap<string, string> = new Map(),
): IngressAnnotations {
  const annotations = isMapping(value) ? value : {};
  const lower = new Map(
    Object.entries(annotations).map(([key, entry]) => [key.toLowerCase(), scalarText(entry)]),
  );
  const list = (key: string): string[] => commaList(lower.get(ROUTER + key) ?? "");
  const sorted = {
    kept: {} as Mapping,
    certificate: [] as string[],
    losses: [] as Loss[],
    refusals: [] as string[],
    withoutEffect: [] as string[],
    unknown: [] as string[],
  };
  const translations = translationsOf((name) => lower.get(nginx.prefix + name), paths);
  const target = rewriteTarget(lower, paths);
  /** Translated annotations; for those that become nothing, why. */
  const translated = new Map<string, string | undefined>([
    ...unread,
    ...(target === undefined ? [] : ["rewrite-target", "use-regex"]).map(
      (name) => [nginx.prefix + name, undefined] as const,
    ),
    ...translations.flatMap(({ names, withoutEffect }) =>
      names.map((name) => [nginx.prefix + name, withoutEffect] as const),
    ),
  ]);
  const refused: RefusedAnnotation[] = [];
  for (const translation of translations) sorted.losses.push(...(translation.losses ?? []));
  for (const [name, entry] of Object.entries(annotations)) {
    const value = scalarText(entry).trim().replace(/\s+/g, " ");
    const text = `annotation ${name}: ${value}`;
    const ignored = translated.get(name.toLowerCase());
    if (ignored !== undefined) sorted.withoutEffect.push(`${text}: ${ignored}`);
    if (translated.has(name.toLowerCase())) continue;
    const treatment = fateOf(name, scalarText(entry));
    if (treatment === "certificate")
      sorted.certificate.push(`${name.split("/")[1] ?? name} ${scalarText(entry)}`);
    else if (treatment === "unknown" || treatment.fate === "kept") {
      sorted.kept[name] = entry;
      if (treatment === "unknown") sorted.unknown.push(name);
    } else if (treatment.fate === "lost")
      sorted.losses.push({ kind: "annotation", message: `${text} (${treatment.reason})` });
    else if (treatment.fate === "refused") refused.push({ name, value, reason: treatment.reason });
    else if (treatment.fate === "no-effect") sorted.withoutEffect.push(`${text}: ${treatment.reason}`);
  }
  sorted.refusals.push(...refusalsFor(refused));
  return {
    ...sorted,
    written: annotations,
    raw: lower,
    translations,
    rewriteTarget: target,
    ingressClass: lower.get("kubernetes.io/ingress.class"),
    entryPoints: list("entrypoints"),
    middlewares: list("middlewares"),
    priority: Number(lower.get(`${ROUTER}priority`)) || undefined,
    pathMatcher: lower.get(`${ROUTER}pathmatcher`) ?? "PathPrefix",
    dnsTarget: targetsOf(dnsAnnotation("target", Object.fromEntries(lower))),
  };
}

/** The value of an annotation of external-dns; `name` is what follows the prefix, such as `target`. */
export function dnsAnnotation(
  name: string,
  annotations: Readonly<Record<string, unknown>>,
): string | undefined {
  const found = Object.entries(annotations).find(([key]) => DNS.exec(key)?.[1] === name)?.[1];
  return found === undefined ? undefined : scalarText(found as string);
}

interface RefusedAnnotation {
  readonly name: string;
  readonly value: string;
  readonly reason: string;
}

/** One sentence per reason: CORS alone takes up to seven annotations. */
function refusalsFor(refused: readonly RefusedAnnotation[]): readonly string[] {
  return [...Map.groupBy(refused, ({ reason }) => reason)].map(([reason, own]) => {
    const [first] = own;
    return own.length === 1 && first
      ? `annotation ${first.name}: ${first.value}: ${reason}`
      : `annotations ${own.map(({ name }) => name).join(", ")}: ${reason}`;
  });
}

function fateOf(name: string, value: string): Fate | "certificate" | "unknown" {
  const key = name.toLowerCase();
  if (key === "kubernetes.io/ingress.class" || DNS.exec(key)?.[1] === "target") return TRANSLATED;
  if (/^(?:acme\.)?cert-manager\.io\//.test(key) || key === "kubernetes.io/tls-acme") return "certificate";
  if (key.endsWith("/ingress-hostname-source"))
    return {
      fate: "lost",
      reason:
        "external-dns reads it from Ingresses only: once it reads routes, it publishes all hosts of this one, unless the route has gateway-hostname-source, which older versions ignore",
    };
  return controllerFate(name, value) ?? (READ_FROM_ROUTES.test(key) ? { fate: "kept" } : "unknown");
}

/**
 * The Middlewares in a namespace, the only ones that a route's ExtensionRef can name.
 * @returns their names and, for each Middleware in another namespace or from another provider, why it cannot be used
 */
export function ownMiddlewares(
  references: readonly string[],
  namespace: string,
): { readonly names: readonly string[]; readonly refusals: readonly string[] } {
  const own = references.map((reference) => ({ reference, name: ownMiddleware(reference, namespace) }));
  return {
    names: own.flatMap(({ name }) => name ?? []),
    refusals: own.flatMap(({ reference, name }) =>
      name === undefined ? [foreign(reference, namespace)] : [],
    ),
  };
}

/** The name of the Middleware in a namespace that a reference `<namespace>-<name>@kubernetescrd` means; undefined if it means another one. */
export function ownMiddleware(reference: string, namespace: string): string | undefined {
  const [prefix, suffix] = [`${namespace}-`, "@kubernetescrd"];
  const isOwn = reference.startsWith(prefix) && reference.endsWith(suffix) && !/[{$]/.test(reference);
  return isOwn ? reference.slice(prefix.length, -suffix.length) : undefined;
}

/** Why a route cannot use a Middleware as a filter. */
export function foreign(middleware: string, namespace: string): string {
  return `an ExtensionRef can only name a Middleware in namespace ${namespace}: copy Middleware ${middleware} there first, with the Secrets, Services and Middlewares that it names, and name the copy here`;
}
