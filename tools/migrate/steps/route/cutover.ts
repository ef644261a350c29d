import { hasCrdProvider } from "../../../../policy/objects/traefiks.ts";
import { chartOf, valuesOf } from "../../../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../../../policy/objects/kinds.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { indexOf } from "../../clusters.ts";
import type { StepContext } from "../../step.ts";
import { certificateToday, coversHost, deletedCertificate } from "./certificates.ts";
import { controllerOf, controllerValues } from "./controllers/classes.ts";
import { nginx } from "./controllers/nginx.ts";
import { redirects } from "./controllers/nginx-config.ts";
import type { DnsMove } from "./dns/dns-move.ts";
import { dnsLines, otherNames } from "./dns/dns.ts";
import { traefiksBehind } from "./gateway/doors.ts";
import { isFilter } from "./routes/filters.ts";
import { gatewayIn, isHttps } from "./gateway/gateway.ts";
import type { CutoverNote } from "./outcome.ts";
import type { Moving, Parents } from "./gateway/parents.ts";
import { plainHttpOf } from "./plain/http.ts";
import { kindOf } from "./plain/losses.ts";
import { hasPlainListener, redirectsPlainHttp } from "./plain/listeners.ts";

/** What DNS, certificates and the Gateway's Traefik need before and after the commit, for each hostname. */
export function cutover(
  moving: Moving,
  { parentRefs, gateway: option }: Parents,
  dns: DnsMove,
  context: StepContext,
): readonly CutoverNote[] {
  const { reading, hosts, cluster, namespace: own } = moving;
  const { gateway } = dns;
  const names = reading.served.flatMap((served) => served.middlewares.filter((name) => !isFilter(name)));
  const middlewares = names.length === 0 || readsMiddlewares(cluster, option, context) ? [] : new Set(names);
  const plain = parentRefs.some(
    ({ namespace, port, sectionName }) =>
      namespace === own && port === undefined && sectionName === undefined,
  );
  const internal = reading.served
    .flatMap(({ backends }) => backends)
    .filter(({ kind, service }) => kind === "TraefikService" && service === undefined);
  return [
    ...hosts.map((host) => {
      const tls = isPlainOnly(moving, parentRefs, option)
        ? []
        : [
            `TLS: a certificate on the Gateway's listener must cover it${certificateToday(host, moving)}`,
            ...deletedCertificate(moving, option),
          ];
      const needs = [...dnsLines(host, dns, context), ...tls, ...(plain ? [OWN_NAMESPACE] : [])].join("; ");
      return `${host}: moves from class ${reading.ingressClass ?? ""} to Gateway ${gateway}; ${needs}`;
    }),
    ...otherNames(dns, context),
    ...unseenRedirect(moving, option),
    ...withoutCertificate(moving, option),
    ...[...middlewares].map(
      (name) =>
        `Middleware ${name}: enable the kubernetesCRD provider in the Traefik behind Gateway ${gateway}, or every request to the route gets 500`,
    ),
    ...internal.map(
      ({ name = "" }) => `${name}: the Traefik behind Gateway ${gateway} will serve it, so enable it there`,
    ),
  ].map((message) => ({ kind: "cutover", message }));
}

/** A Gateway that redirects plain HTTP accepts routes from its own namespace on the HTTP listener, for the redirect itself. */
const OWN_NAMESPACE =
  "plain HTTP: the route is in the Gateway's namespace, so it may also attach to the HTTP listener that redirects; to prevent that, name an entry point in the Ingress, and its listener in the options";

/** Whether the repository shows that a route attaches to no HTTPS listener or, for a Gateway created elsewhere, the options. */
function isPlainOnly(
  { cluster, reading: { usesTls, isTlsOnly } }: Moving,
  parentRefs: Parents["parentRefs"],
  option: Parents["gateway"],
): boolean {
  const found = gatewayIn(cluster, option);
  if (found) return parentRefs.every((parentRef) => isHttps(found, parentRef) === false);
  const isKnown = option.httpsListeners.length > 0 && !usesTls && !isTlsOnly;
  return (
    isKnown && parentRefs.every((parentRef) => isNamed(parentRef) && kindOf(parentRef, option) !== "https")
  );
}

const isNamed = ({ sectionName, port }: Mapping): boolean => sectionName !== undefined || port !== undefined;

/** Whether the repository shows that the Traefik behind a Gateway reads Middlewares; for a Gateway created elsewhere, that every Traefik does. */
function readsMiddlewares(
  cluster: BuiltCluster | undefined,
  option: Parents["gateway"],
  context: StepContext,
): boolean {
  if (!cluster) return false;
  const own = traefiksBehind(option, cluster, context);
  return own.length > 0 ? own.every(({ middlewares }) => middlewares) : allReadMiddlewares(cluster);
}

/** Whether there are releases of Traefik in a cluster, and all of them read Middlewares. Computed once, because it is asked for each route. */
const allReadMiddlewares = oncePer((cluster: BuiltCluster): boolean => {
  const objects = indexOf(cluster);
  const releases = objects
    .ofKind(HELM_RELEASE)
    .filter((release) => chartOf(release, objects).name === "traefik");
  return (
    releases.length > 0 && releases.every((release) => hasCrdProvider(valuesOf(release, objects).values))
  );
});

/**
 * Hosts that `tls` does not list: if no certificate covers them, ingress-nginx answers their plain HTTP itself, and redirects only the others.
 * Source: certificate.configured_for_current_request in rootfs/etc/nginx/lua/lua_ingress.lua
 */
function withoutCertificate({ reading, cluster }: Moving, option: Parents["gateway"]): readonly string[] {
  const { ingressClass, annotations, tlsHosts, served } = reading;
  if (controllerOf(ingressClass, cluster) !== nginx || tlsHosts.length === 0) return [];
  const isForced = redirects(annotations.raw, false, controllerValues(ingressClass, cluster));
  if (isForced || plainHttpOf(reading, cluster, option).answer !== "redirected") return [];
  const open = [...new Set(served.map(({ host }) => host))].filter(
    (host) => !tlsHosts.some((pattern) => coversHost(pattern, host)),
  );
  if (open.length === 0) return [];
  return [
    `${open.join(", ")}: tls does not list ${open.length === 1 ? "it" : "them"}; unless its certificate covers ${open.length === 1 ? "it" : "them"} too, the app answers plain HTTP there today, and the route does so only over HTTPS`,
  ];
}

/** The options say that the Gateway redirects plain HTTP, and the repository shows a listener where nothing does. */
function unseenRedirect({ reading, cluster, hosts }: Moving, option: Parents["gateway"]): readonly string[] {
  const gateway = gatewayIn(cluster, option);
  if (!gateway || !cluster || plainHttpOf(reading, cluster, option).answer !== "redirected") return [];
  if (!hasPlainListener(gateway) || redirectsPlainHttp(gateway, hosts, cluster)) return [];
  return [
    `${hosts.join(", ")}: no HTTPRoute in this repository redirects plain HTTP on Gateway ${option.namespace}/${option.name}; if nothing else does, http:// gets 404 instead of a redirect`,
  ];
}
