import { INGRESS_ROUTE } from "../../../../../policy/objects/kinds.ts";
import { lost, noEffect, refused, TRANSLATED, unknownTo, type Controller, type Fate } from "./controller.ts";

/** Traefik's API group. */
export const TRAEFIK_GROUP = INGRESS_ROUTE.group;
/** The API group of Traefik 1 and 2, which Traefik 3 no longer reads. */
export const OLD_TRAEFIK_GROUP = "traefik.containo.us";

const LISTENER = "the certificate is set on the Gateway's listener";

/**
 * Annotations for Traefik's Ingress provider.
 * Source: https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/#annotations
 */
const ANNOTATIONS: Readonly<Record<string, (value: string) => Fate>> = {
  "router.entrypoints": () => TRANSLATED,
  "router.middlewares": () => TRANSLATED,
  "router.pathmatcher": () => TRANSLATED,
  "router.tls": () => TRANSLATED,
  "router.tls.passthrough": (value) =>
    value === "true"
      ? refused("it passes TLS through to the app, and a Gateway's listener would terminate it")
      : noEffect("it only states the default"),
  "router.tls.options": () =>
    refused(
      "it may require client certificates or TLS versions, which a route cannot: set them on the listener",
    ),
  "router.tls.certresolver": () => noEffect(LISTENER),
  "router.tls.domains": () => noEffect(LISTENER),
  "router.priority": () => lost("the order of routes is determined by their matches"),
  "router.rulesyntax": (value) =>
    value === "v3" ? noEffect("it only states the default") : refused("its paths use Traefik's v2 syntax"),
  "router.observability.accesslogs": () => lost("a route has no setting for access logs"),
  "router.observability.metrics": () => lost("a route has no setting for metrics"),
  "router.observability.tracing": () => lost("a route has no setting for traces"),
};

/** Traefik's Ingress provider. */
export const traefik: Controller = {
  name: "Traefik",
  classController: "traefik.io/ingress-controller",
  prefix: "traefik.ingress.kubernetes.io/",
  fateOf: (name, value) => {
    const known = ANNOTATIONS[name] ?? ANNOTATIONS[name.replace(/(\.tls\.domains)\..*$/, "$1")];
    return known?.(value) ?? unknownTo("Traefik");
  },
  // Source: buildRule in pkg/provider/kubernetes/ingress/kubernetes.go; PathPrefix compares characters.
  matchesCharacters: (pathType) => pathType !== "Exact",
};

/**
 * What becomes of a Service annotation for Traefik's Ingress provider, given its name without the prefix `service.`.
 * Source: https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/#on-service
 */
export function serviceFate(name: string, value: string): Fate {
  if (name === "serversscheme" || name === "serverstransport")
    return refused("it has no equivalent in a route: use the port's appProtocol or a BackendTLSPolicy");
  if (name.startsWith("sticky.")) return refused("a route has no setting for sticky sessions");
  if (name === "passhostheader")
    return value === "false"
      ? refused("a route always passes the Host header on")
      : noEffect("it only states the default");
  if (name === "nativelb" || name === "nodeportlb")
    return lost("how Traefik balances between pods is set in its Gateway provider");
  return unknownTo("Traefik");
}
