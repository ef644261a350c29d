import { OPTIONS_FILE } from "../../../options-file.ts";
import { controllerOf } from "../controllers/classes.ts";
import { nginx } from "../controllers/nginx.ts";
import { traefik } from "../controllers/traefik.ts";
import { whyUnknown } from "../controllers/unknown-annotations.ts";
import { isOthers } from "./doors.ts";
import { isFilter } from "../routes/filters.ts";
import { gatewayIn } from "./gateway.ts";
import { middlewareFieldsWithoutEffect } from "../reading/middleware-fields.ts";
import type { Moving, MovingForm, Parents } from "./parents.ts";
import { plainHttpOf } from "../plain/http.ts";
import { redirectsPlainHttp } from "../plain/listeners.ts";
import { otherProtocols } from "../backends/protocols.ts";
import type { Reading } from "../reading/served.ts";

/** What the route needs from its Gateway and neither the options nor the repository confirm. */
export function demands(moving: MovingForm, gateway: Parents["gateway"]): readonly string[] {
  const { reading, cluster, hosts } = moving;
  const { served, ingressClass = "" } = reading;
  const option = `route.gateways.${ingressClass}`;
  const usesTraefik = served.some(
    ({ middlewares, backends }) =>
      middlewares.some((name) => !isFilter(name)) || backends.some(({ kind }) => kind === "TraefikService"),
  );
  const found = gatewayIn(cluster, gateway);
  const { answer, entryPoints } = plainHttpOf(reading, cluster, gateway);
  const redirects = answer === "redirected";
  // In Traefik's chart, `websecure` is the entry point for HTTPS.
  const isPlain =
    answer !== "none" && (entryPoints.length === 0 || entryPoints.some((name) => name !== "websecure"));
  const isRedirected =
    gateway.redirectsToHttps || (found && cluster && redirectsPlainHttp(found, hosts, cluster));
  const translated = translatedNames(reading);
  return [
    ...(translated.length > 0 && controllerOf(ingressClass, cluster)?.name !== nginx.name
      ? [
          `class ${ingressClass} does not belong to ingress-nginx, so ${translated.join(", ")} may have no effect today: remove ${translated.length === 1 ? "it" : "them"}, or define the class`,
        ]
      : []),
    ...unreadByNginx(moving),
    ...whyUnknown(moving, gateway),
    ...otherProtocols(moving, gateway),
    ...middlewareFieldsWithoutEffect(moving, isPlain),
    ...(usesTraefik ? whyNoTraefik(moving, gateway, translated) : []),
    ...(redirects && !isRedirected
      ? [
          `it redirects plain HTTP to HTTPS, and no HTTPRoute in this repository does so for Gateway ${gateway.namespace}/${gateway.name}: add one, or, if the Gateway redirects by other means, set ${option}.redirectsToHttps to true in ${OPTIONS_FILE}`,
        ]
      : []),
  ];
}

/** Annotations of Traefik on an Ingress of ingress-nginx: they would begin to have an effect. */
function unreadByNginx({
  reading: { annotations, kind, ingressClass = "" },
  cluster,
}: Moving): readonly string[] {
  if (kind === "IngressRoute" || controllerOf(ingressClass, cluster) !== nginx) return [];
  const names = ["router.middlewares", "router.pathmatcher"]
    .map((name) => traefik.prefix + name)
    .filter((name) => annotations.raw.has(name));
  return names.length === 0
    ? []
    : [
        `class ${ingressClass} belongs to ingress-nginx, which does not read ${names.join(", ")}, and the route would do what ${names.length === 1 ? "it asks for: remove it" : "they ask for: remove them"} first`,
      ];
}

/** Why a route cannot use Traefik's own objects: another controller runs the Gateway, or its Traefik may not read them. */
function whyNoTraefik(
  { reading: { ingressClass = "" }, cluster }: Moving,
  gateway: Parents["gateway"],
  translated: readonly string[],
): readonly string[] {
  const uses =
    translated.length > 0
      ? `${translated.join(", ")} would become Middlewares or TraefikServices of Traefik`
      : "it uses Traefik Middlewares or TraefikServices";
  if (isOthers(gateway, cluster))
    return [
      `${uses}, and Gateway ${gateway.namespace}/${gateway.name} is not Traefik's: write a route with a policy of its own controller that does the same, then remove the Ingress`,
    ];
  return gateway.middlewares
    ? []
    : [
        `${uses}, and without the kubernetesCRD provider its route would return 500: if the Traefik behind the Gateway runs that provider, set route.gateways.${ingressClass}.middlewares to true in ${OPTIONS_FILE}`,
      ];
}

/** The annotations of ingress-nginx that the route replaces. */
function translatedNames({ annotations: { translations, rewriteTarget } }: Reading): readonly string[] {
  const names = translations.flatMap((translation) => translation.names);
  return [...names, ...(rewriteTarget === undefined ? [] : ["rewrite-target"])].map(
    (name) => nginx.prefix + name,
  );
}
