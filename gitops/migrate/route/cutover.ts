import { text } from "../../build/resource.ts";
import type { Fields } from "../../documents/values.ts";
import type { BuiltCluster, BuiltObject } from "../../flux/built.ts";
import { at, isKind, nameOf } from "../objects.ts";
import type { Note, StepContext } from "../step.ts";
import type { IngressAnnotations } from "./annotations.ts";
import { chartOf } from "./app-template.ts";
import type { Served } from "./served.ts";

/** What moves from an Ingress to a route. */
export interface Move {
  readonly ingressClass: string;
  readonly served: readonly Served[];
  readonly parentRefs: readonly Fields[];
  readonly annotations: IngressAnnotations;
  /** The Ingress itself has certificates. */
  readonly tls: boolean;
}

/** For each hostname, what DNS and certificates need around the commit. */
export function cutover(form: BuiltObject, move: Move, context: StepContext): readonly Note[] {
  const hosts = new Set(move.served.map(({ host }) => rendered(host, form.object)));
  const [gateway] = move.parentRefs.map(({ namespace, name }) => `${text(namespace)}/${text(name)}`);
  const cluster = context.clusters.find(({ objects }) => objects.includes(form));
  const filters = [...new Set(move.served.flatMap(({ middlewares }) => middlewares))];
  return [
    ...[...hosts].map((host): Note => ({
      kind: "cutover",
      message: `${host} goes from class ${move.ingressClass} to Gateway ${gateway ?? ""}. ${dns(host, move, cluster, context)} ${certificates(host, move)}`,
    })),
    ...filters.map((name): Note => ({
      kind: "cutover",
      message: `Middleware ${name} runs only where the Traefik of Gateway ${gateway ?? ""} has its provider kubernetesCRD on: without it every request to the route gets 500`,
    })),
  ];
}

/** A host as Helm renders it, as far as the release's name goes. */
function rendered(host: string, release: Fields): string {
  const name = text(at(release, ["spec", "releaseName"])) || nameOf(release).name;
  return host.replace(/\{\{-?\s*\.Release\.Name\s*-?\}\}/g, name);
}

function dns(
  host: string,
  { annotations }: Move,
  cluster: BuiltCluster | undefined,
  context: StepContext,
): string {
  const target =
    annotations.dnsTarget === undefined
      ? "Its record follows the Gateway's address"
      : `Before: annotate the Gateway with external-dns.alpha.kubernetes.io/target: ${annotations.dnsTarget} (of a route it is not read)`;
  const writers = (cluster?.objects ?? [])
    .map(({ object }) => object)
    .filter((object) => isKind(object, "helm.toolkit.fluxcd.io", "HelmRelease"))
    .filter((object) => chartOf(object, context.clusters).name === "external-dns" && covers(object, host));
  const blind = writers.filter((object) => !sourcesOf(object).includes("gateway-httproute"));
  const watched =
    writers.length === 0
      ? "what writes its record has to watch HTTPRoutes"
      : blind.length === 0
        ? "its record is then the route's"
        : `add gateway-httproute to the sources of ${blind.map((object) => Object.values(nameOf(object)).join("/")).join(", ")}, or the record goes with the Ingress`;
  const both = context.options.route.keepIngress
    ? " While both are there, the record stays the Ingress's."
    : "";
  return `${target}; ${watched}.${both}`;
}

function sourcesOf(release: Fields): readonly string[] {
  const sources = at(release, ["spec", "values", "sources"]);
  return Array.isArray(sources) ? sources.map(text) : [];
}

/** Whether an external-dns writes records of a host, by its domains. */
function covers(release: Fields, host: string): boolean {
  const list = (key: string): string[] => {
    const value = at(release, ["spec", "values", key]);
    return Array.isArray(value) ? value.map(text) : [];
  };
  const within = (domain: string): boolean => host === domain || host.endsWith(`.${domain}`);
  const domains = list("domainFilters");
  return (domains.length === 0 || domains.some(within)) && !list("excludeDomains").some(within);
}

function certificates(host: string, { annotations, tls }: Move): string {
  const own =
    annotations.certificate.length > 0
      ? `cert-manager made one for the Ingress (${annotations.certificate.join(", ")}) and makes none for the route: issue it for the Gateway`
      : tls
        ? "that of the Ingress is not read any more"
        : "the class's default one is not read any more";
  return `TLS: a listener's certificate has to cover ${host}; ${own}.`;
}
