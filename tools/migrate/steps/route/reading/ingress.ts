import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { fieldAt } from "../../../objects.ts";
import { ingressAnnotations, isTlsOnly, ownMiddlewares } from "./annotations.ts";
import { isRedirect } from "../routes/filters.ts";
import { translatedBackend, translatedFilters, whySeveralServices } from "../routes/new-objects.ts";
import type { Loss } from "../../../losses.ts";
import { matchOf, type Backend, type Prefix, type Reading, type Served } from "./served.ts";
import { refusalsOf, routePath, secretsOf, tlsHostsOf } from "./paths.ts";
import type { WrittenPath } from "../controllers/nginx-rewrites.ts";
import { portOf, serviceSettings, type Services } from "../backends/services.ts";
import { whyNotAllKnown } from "./unknown-fields.ts";

/** Reads an Ingress; `namespace` is its namespace in the cluster. */
export function readIngressObject(ingress: Mapping, namespace: string, services: Services): Reading {
  const rules = mappingsIn(fieldAt(ingress, ["spec", "rules"]));
  const paths = rules.flatMap((rule) =>
    mappingsIn(fieldAt(rule, ["http", "paths"])).map((path) => writtenPath(path, rule)),
  );
  const annotations = ingressAnnotations(fieldAt(ingress, ["metadata", "annotations"]), paths);
  const owned = ownMiddlewares(annotations.middlewares, namespace);
  const refusals = [...whyNotAllKnown(ingress, "Ingress"), ...annotations.refusals, ...owned.refusals];
  const name = scalarText(fieldAt(ingress, ["metadata", "name"]));
  const { translations } = annotations;
  const middlewares = [...owned.names, ...translatedFilters(translations, name)];
  if (fieldAt(ingress, ["spec", "defaultBackend"]) !== undefined)
    refusals.push("its defaultBackend serves every host of the class");
  const served: Served[] = [];
  const losses: Loss[] = [...annotations.losses];
  const prefixes: Prefix[] = [];
  for (const [index, rule] of rules.entries()) {
    for (const [at, path] of mappingsIn(fieldAt(rule, ["http", "paths"])).entries()) {
      const { value, type, filters, ...own } = routePath(writtenPath(path, rule), annotations);
      prefixes.push(...own.prefixes);
      losses.push(...own.losses);
      if (type === undefined)
        refusals.push(
          `path ${value} of type ${scalarText(path.pathType)} uses the matcher ${annotations.pathMatcher}, which has no equivalent in a route`,
        );
      const backend = backendOf(path.backend, namespace, services, losses);
      if (typeof backend === "string") refusals.push(backend);
      else
        served.push({
          host: scalarText(rule.host),
          match: matchOf({ path: { type: type ?? "", value } }),
          backends: isRedirect(middlewares) ? [] : [translatedBackend(backend, translations, name)],
          middlewares: [...middlewares, ...filters],
          path: writtenPath(path, rule).path,
          source: ["spec", "rules", index, "http", "paths", at],
          rank:
            annotations.priority ??
            ruleLength(scalarText(rule.host), type, filters.length > 0 ? value : path.path),
        });
    }
  }
  refusals.push(...whySeveralServices(served, translations));
  return {
    kind: "Ingress",
    ingressClass: scalarText(fieldAt(ingress, ["spec", "ingressClassName"])) || annotations.ingressClass,
    entryPoints: annotations.entryPoints,
    served,
    refusals: refusals.length === 0 ? refusalsOf(served) : refusals,
    losses,
    prefixes,
    usesTls: mappingsIn(fieldAt(ingress, ["spec", "tls"])).length > 0,
    tlsHosts: tlsHostsOf(fieldAt(ingress, ["spec", "tls"])),
    isTlsOnly: isTlsOnly(annotations),
    tlsSecrets: secretsOf(fieldAt(ingress, ["spec", "tls"])),
    annotations,
  };
}

const writtenPath = ({ path, pathType }: Mapping, { host }: Mapping): WrittenPath => ({
  host: scalarText(host),
  path: scalarText(path) || "/",
  pathType: scalarText(pathType) || "ImplementationSpecific",
});

/** The length of the rule that Traefik makes from a path. Source: loadRouter in pkg/provider/kubernetes/ingress/kubernetes.go. */
export function ruleLength(host: string, type: string | undefined, path: Value | undefined): number {
  const matcher = { Exact: "Path", RegularExpression: "PathRegexp" }[type ?? ""] ?? "PathPrefix";
  const value = scalarText(path);
  const rules = [
    ...(host === "" ? [] : [`Host(${JSON.stringify(host)})`]),
    ...(value === "" ? [] : [`${matcher}(${JSON.stringify(value)})`]),
  ];
  return rules.join(" && ").length;
}

function backendOf(
  backend: Value | undefined,
  namespace: string,
  services: Services,
  losses: Loss[],
): Backend | string {
  const service = fieldAt(backend, ["service"]);
  if (!isMapping(service)) return "one of its backends is not a Service";
  const name = scalarText(service.name);
  const port = portOf(
    fieldAt(service, ["port", "name"]) ?? fieldAt(service, ["port", "number"]),
    { namespace, name },
    services,
  );
  const settings = serviceSettings(fieldAt(services(namespace, name), ["metadata", "annotations"]), name);
  losses.push(...settings.losses);
  if (settings.refusal !== undefined) return settings.refusal;
  return typeof port === "string" ? port : { kind: "Service", name, ...port, weight: 1 };
}
